"""Donations (捐赠): gifts of goods and sessions into a station's stock, of money into a community fund.

Owns `donations`, and `givers`: the donors of anonymous gifts, kept apart from the donations. A gift
serves the waiting list in the same step.
"""

from typing import Final

from services.charity.donations.domain import Donation, Giver
from services.charity.donations.handlers import HANDLERS
from services.charity.donations.queries import QUERIES
from services.charity.donations.storage import INDEXES
from shared.contracts.reasons import reason
from shared.engine import Capability, Holding
from shared.people.holdings import KEPT_FOR_ACCOUNTS

CAPABILITY: Final = Capability(
    "donations",
    handlers=HANDLERS,
    indexes=INDEXES,
    queries=QUERIES,
    holdings=(
        Holding(Donation.collection, "donor", ("donor_id",), kept=KEPT_FOR_ACCOUNTS),
        Holding(
            Giver.collection, "donor", ("donor_id",), kept=KEPT_FOR_ACCOUNTS, left_out=reason("anonymous_gifts_apart")
        ),
    ),
)
