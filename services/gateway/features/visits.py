"""Visits to stations (督导走访), at `/v1/visits`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.supervision import (
    RecordVisit,
    VisitHandedOver,
    VisitRecorded,
    VisitShape,
    VisitWithdrawn,
    WithdrawVisit,
)

FEATURE: Final = plain_feature(
    "visits",
    path="visits",
    noun="visit",
    shape=VisitShape,
    events=(VisitRecorded, VisitWithdrawn, VisitHandedOver),
    create=RecordVisit,
    actions={"withdraw": WithdrawVisit},
    filters=("station_id", "kind", "state"),
    counted=("kind", "state"),
    example={
        "station_id": "station_00k3v9x2a4b5c6d7e8f9",
        "kind": "guidance",
        "topics": ["case_records", "volunteers"],
        "began_at": "2026-03-02T06:00:00Z",
        "minutes": 90,
    },
)
