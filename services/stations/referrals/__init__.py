"""Referrals (转介) of needs to other stations and to organisations, from the enquiry to the report of the outcome.

Owns `referrals`, the sender's side, and `handovers`, the receiver's. Both are stored together, each in its own area.
"""

from typing import Final

from pymongo import ASCENDING, IndexModel

from services.stations.referrals import ended_needs
from services.stations.referrals.domain import Handover, Referral
from services.stations.referrals.handlers import HANDLERS
from services.stations.referrals.policy import ReferralsPolicy
from shared.engine import Capability, Holding
from shared.engine.plain import CLAIM_INDEXES, Claim
from shared.people.holdings import KEPT_NAMELESS

BY_NEED: Final = IndexModel([("need_id", ASCENDING)], name="need_id")
"""By which a copy finds all that is held on the person whom a need is about."""
INDEXES: Final = {
    Referral.collection: [BY_NEED, IndexModel([("station_id", ASCENDING), ("_id", ASCENDING)], name="station_id")],
    Handover.collection: [BY_NEED, IndexModel([("receiver_id", ASCENDING), ("_id", ASCENDING)], name="receiver_id")],
    **CLAIM_INDEXES,
}
CAPABILITY: Final = Capability(
    "referrals", {**HANDLERS, **ended_needs.HANDLERS}, INDEXES, policy=ReferralsPolicy,
    holdings=(
        Holding(Referral.collection, "need", fields=("need_id",), kept=KEPT_NAMELESS),
        Holding(Handover.collection, "need", fields=("need_id",), kept=KEPT_NAMELESS),
        # The claim of a need, which has one referral in progress at a time.
        Holding(Claim.collection, "need", key=lambda need_id: f"referral:need_id:{need_id}", kept=KEPT_NAMELESS),
    ),
)  # fmt: skip
