"""The events of referrals that stand in the timeline of their need."""

from typing import Final

from shared.contracts.stations.referrals import (
    ReferralAccepted,
    ReferralAnswered,
    ReferralDone,
    ReferralEnquired,
    ReferralEvent,
    ReferralHandedOver,
    ReferralOverdue,
    ReferralRejected,
    ReferralRequested,
    ReferralRevoked,
    ReferralTakenOver,
)

REFERRAL_EVENTS: Final[tuple[type[ReferralEvent], ...]] = (
    ReferralEnquired,
    ReferralAnswered,
    ReferralRequested,
    ReferralAccepted,
    ReferralRejected,
    ReferralRevoked,
    ReferralDone,
    ReferralTakenOver,
    ReferralHandedOver,
    ReferralOverdue,
)
"""All that happen to the sender's side; the receiver's repeat them."""
