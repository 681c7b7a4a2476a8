"""Referrals of needs (转介) as their senders have them, at `/v1/referrals`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.referrals import (
    ReferNeed,
    ReferralAccepted,
    ReferralAnswered,
    ReferralDone,
    ReferralEnquired,
    ReferralHandedOver,
    ReferralOverdue,
    ReferralRejected,
    ReferralRequested,
    ReferralRevoked,
    ReferralShape,
    ReferralTakenOver,
    RequestReferral,
    RevokeReferral,
)

FEATURE: Final = plain_feature(
    "referrals",
    path="referrals",
    noun="referral",
    shape=ReferralShape,
    events=(
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
    ),
    create=ReferNeed,
    actions={"request": RequestReferral, "revoke": RevokeReferral},
    filters=("need_id", "station_id", "receiver_id", "state"),
    counted=("state", "receiver_kind"),
    example={
        "need_id": "need_00k3v9x2a4b5c6d7e8f9",
        "receiver": {"kind": "station", "id": "station_00k3v9x2a4b5c6d7e8f9"},
        "basis": {"obtained": "in_writing"},
    },
)
