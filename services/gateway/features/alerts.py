"""Alerts of screenings (预警) and the clock of the response, at `/v1/alerts`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.alerts import (
    AlertAnswered,
    AlertDetected,
    AlertDismissed,
    AlertHandedOver,
    AlertLeft,
    AlertOverdue,
    AlertRaised,
    AlertShape,
    AlertTreated,
    AnswerAlert,
    ConfirmDismissal,
    DismissAlert,
    DismissalRejected,
    DismissalRequested,
    FamilyTold,
    RejectDismissal,
    TellFamily,
    TreatAlert,
)

FEATURE: Final = plain_feature(
    "alerts",
    path="alerts",
    noun="alert",
    shape=AlertShape,
    events=(
        AlertDetected,
        AlertRaised,
        AlertAnswered,
        AlertTreated,
        FamilyTold,
        DismissalRequested,
        DismissalRejected,
        AlertDismissed,
        AlertHandedOver,
        AlertLeft,
        AlertOverdue,
    ),
    actions={
        "answer": AnswerAlert,
        "treat": TreatAlert,
        "tell-family": TellFamily,
        "dismiss": DismissAlert,
        "confirm-dismissal": ConfirmDismissal,
        "reject-dismissal": RejectDismissal,
    },
    filters=("station_id", "screening_id", "indicator", "severity", "state", "overdue", "family"),
    counted=("state", "severity", "overdue", "answered_within", "treated_within"),
)
