"""Screenings (筛查), at `/v1/screenings`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.screenings import (
    BeginScreening,
    CancelScreening,
    EndScreening,
    PlanScreening,
    RescheduleScreening,
    ScreeningBegun,
    ScreeningCancelled,
    ScreeningEnded,
    ScreeningHandedOver,
    ScreeningOverdue,
    ScreeningPlanned,
    ScreeningProgressed,
    ScreeningRescheduled,
    ScreeningShape,
)

FEATURE: Final = plain_feature(
    "screenings",
    path="screenings",
    noun="screening",
    shape=ScreeningShape,
    events=(
        ScreeningPlanned,
        ScreeningRescheduled,
        ScreeningBegun,
        ScreeningProgressed,
        ScreeningEnded,
        ScreeningCancelled,
        ScreeningHandedOver,
        ScreeningOverdue,
    ),
    create=PlanScreening,
    actions={
        "reschedule": RescheduleScreening,
        "begin": BeginScreening,
        "end": EndScreening,
        "cancel": CancelScreening,
    },
    filters=("station_id", "state", "groups"),
    counted=("state",),
    example={
        "station_id": "station_00k3v9x2a4b5c6d7e8f9",
        "groups": ["elderly_80_plus"],
        "indicators": ["systolic_pressure", "diastolic_pressure", "fasting_glucose", "lives_alone"],
        "expected": 200,
        "starts_at": "2030-05-01T06:00:00Z",
        "ends_at": "2030-05-01T10:00:00Z",
    },
)
