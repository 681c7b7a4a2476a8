"""Trainings of social workers (培训), at `/v1/trainings`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.trainings import (
    CancelTraining,
    HoldTraining,
    PlanTraining,
    TrainingCancelled,
    TrainingCounted,
    TrainingHandedOver,
    TrainingHeld,
    TrainingOverdue,
    TrainingPlanned,
    TrainingShape,
)

FEATURE: Final = plain_feature(
    "trainings",
    path="trainings",
    noun="training",
    shape=TrainingShape,
    events=(TrainingPlanned, TrainingHeld, TrainingCancelled, TrainingCounted, TrainingHandedOver, TrainingOverdue),
    create=PlanTraining,
    actions={"hold": HoldTraining, "cancel": CancelTraining},
    filters=("station_id", "dimension", "state"),
    counted=("dimension", "state"),
    example={
        "station_id": "station_00k3v9x2a4b5c6d7e8f9",
        "dimension": "resource_linking",
        "starts_at": "2030-04-29T01:00:00Z",
        "minutes": 360,
        "pass_points": 60,
    },
)
