"""Handovers (接案), referrals as their receivers have them, at `/v1/handovers`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.handovers import (
    AcceptHandover,
    AnswerEnquiry,
    CompleteHandover,
    HandoverAccepted,
    HandoverAnswered,
    HandoverDone,
    HandoverEnquired,
    HandoverHandedOver,
    HandoverOverdue,
    HandoverRejected,
    HandoverRequested,
    HandoverRevoked,
    HandoverShape,
    HandoverTakenOver,
    RejectHandover,
)

FEATURE: Final = plain_feature(
    "handovers",
    path="handovers",
    noun="handover",
    shape=HandoverShape,
    events=(
        HandoverEnquired,
        HandoverAnswered,
        HandoverRequested,
        HandoverAccepted,
        HandoverRejected,
        HandoverRevoked,
        HandoverDone,
        HandoverTakenOver,
        HandoverHandedOver,
        HandoverOverdue,
    ),
    actions={
        "answer": AnswerEnquiry,
        "accept": AcceptHandover,
        "reject": RejectHandover,
        "complete": CompleteHandover,
    },
    filters=("receiver_id", "state", "urgency", "theme"),
    counted=("state", "receiver_kind"),
)
