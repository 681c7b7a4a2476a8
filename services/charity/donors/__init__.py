"""Donors (捐赠人): the people and organisations who give.

Owns `donors`. A name and a phone are personal data: they are sealed, never in an event, and each read is audited.
"""

from typing import Final

from services.charity.donors.domain import SEALED, Donor
from services.charity.donors.handlers import HANDLERS
from services.charity.donors.queries import QUERIES
from shared.engine import Capability
from shared.people import INDEXES as KEY_INDEXES

CAPABILITY: Final = Capability(
    "donors",
    handlers=HANDLERS,
    indexes={Donor.collection: [], **KEY_INDEXES},
    queries=QUERIES,
    sealed={Donor.collection: SEALED},
)
