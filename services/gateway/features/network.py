"""The two-level network: social-work stations (社工站) and street centres (街道社工中心), at `/v1/stations`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.network import (
    BeginPilot,
    ChangeStation,
    CloseStation,
    OpenInFull,
    OpeningOverdue,
    OpenStation,
    PilotBegun,
    PlanDropped,
    RescheduleStation,
    ResidentsLeft,
    ResidentsPlaced,
    StationChanged,
    StationClosed,
    StationOpened,
    StationPlanned,
    StationRescheduled,
    StationShape,
)
from shared.contracts.stations.succession import (
    MergeStation,
    MoveStation,
    StationMerged,
    StationMoved,
    StationTookOver,
)

FEATURE: Final = plain_feature(
    "network",
    path="stations",
    noun="station",
    shape=StationShape,
    events=(
        StationOpened,
        StationPlanned,
        PilotBegun,
        StationChanged,
        StationRescheduled,
        OpeningOverdue,
        StationClosed,
        PlanDropped,
        StationMoved,
        StationMerged,
        StationTookOver,
        ResidentsLeft,
        ResidentsPlaced,
    ),
    create=OpenStation,
    actions={
        "change": ChangeStation,
        "reschedule": RescheduleStation,
        "begin-pilot": BeginPilot,
        "open": OpenInFull,
        "move": MoveStation,
        "merge": MergeStation,
        "close": CloseStation,
    },
    filters=("level", "state", "functions"),
    counted=("level", "state"),
    example={
        "area": "110102009017",
        "name": "展览路街道榆树馆社区社工站",
        "level": "station",
        "functions": ["donation_point", "volunteer_point", "assistance_desk"],
        "brand": "榆树常青",
        "feature": "为老服务",
    },
)
StationView: Final = FEATURE.view
"""A station or a street centre as lists show it."""
