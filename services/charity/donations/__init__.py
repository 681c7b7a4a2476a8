"""Donations (捐赠): gifts of goods and sessions into a station's stock, of money into a community fund.

Owns `donations`. A gift serves the waiting list in the same step.
"""

from typing import Final

from services.charity.donations.domain import Donation
from services.charity.donations.handlers import HANDLERS
from services.charity.donations.queries import QUERIES
from shared.engine import Capability

CAPABILITY: Final = Capability("donations", handlers=HANDLERS, indexes={Donation.collection: []}, queries=QUERIES)
