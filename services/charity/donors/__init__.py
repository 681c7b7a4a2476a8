"""Donors (捐赠人): the people and organisations who give.

Owns `donors`. Name, phone, identity number and year of birth are personal data: sealed, never in an event, and each
read is audited. Donors are found by marks within the area of their office.
"""

from typing import Final

from services.charity.donors.domain import SEALED, Donor
from services.charity.donors.handlers import HANDLERS
from services.charity.donors.opening import make_marks
from services.charity.donors.queries import QUERIES
from shared.engine import Capability, Holding
from shared.people import INDEXES as KEY_INDEXES
from shared.people import MARKS_INDEX
from shared.people.erasing import INDEXES as ERASING_INDEXES

CAPABILITY: Final = Capability(
    "donors",
    handlers=HANDLERS,
    indexes={Donor.collection: [MARKS_INDEX], **KEY_INDEXES, **ERASING_INDEXES},
    queries=QUERIES,
    sealed={Donor.collection: SEALED},
    marked={Donor.collection: make_marks},
    holdings=(Holding(Donor.collection, "donor", registers=True),),
)
