"""Relations of residents (照护关系), at `/v1/relations`: carers, emergency contacts and guardians by ids and codes."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.relations import (
    ChangeRelation,
    EndRelation,
    RecordRelation,
    RelationChanged,
    RelationEnded,
    RelationOverdue,
    RelationRecorded,
    RelationShape,
)

FEATURE: Final = plain_feature(
    "relations",
    path="relations",
    noun="relation",
    shape=RelationShape,
    events=(RelationRecorded, RelationChanged, RelationEnded, RelationOverdue),
    create=RecordRelation,
    actions={"change": ChangeRelation, "end": EndRelation},
    filters=("station_id", "resident_id", "related_id", "kind", "state"),
    counted=("kind", "state"),
    example={
        "resident_id": "resident_00k3v9x2a4b5c6d7e8f9",
        "kind": "emergency_contact",
        "tie": "child",
        "since": "2026-02-01",
        "contact": {"name": "Ma Daughter Example", "phone": "13900139000"},
    },
)
