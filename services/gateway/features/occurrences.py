"""The visits of care plans (上门服务), at `/v1/occurrences`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.occurrences import (
    OccurrenceCancelled,
    OccurrenceHandedOver,
    OccurrenceMade,
    OccurrenceMissed,
    OccurrenceMoved,
    OccurrenceOverdue,
    OccurrenceSettled,
    OccurrenceShape,
    SettleMissedVisit,
)

FEATURE: Final = plain_feature(
    "occurrences",
    path="occurrences",
    noun="occurrence",
    shape=OccurrenceShape,
    events=(
        OccurrenceMade,
        OccurrenceMoved,
        OccurrenceCancelled,
        OccurrenceMissed,
        OccurrenceSettled,
        OccurrenceOverdue,
        OccurrenceHandedOver,
    ),
    actions={"settle": SettleMissedVisit},
    filters=("plan_id", "home_id", "station_id", "state", "provisional", "on"),
    counted=("state",),
)
