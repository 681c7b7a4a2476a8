"""Residents (居民), at `/v1/residents`: the record's public state alone. The personal data stays with stations."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.residents import (
    ChangeResident,
    EndResident,
    RegisterResident,
    ReopenResident,
    ResidentChanged,
    ResidentEnded,
    ResidentErased,
    ResidentIdentified,
    ResidentRegistered,
    ResidentReopened,
    ResidentShape,
    ResidentTransferred,
    TransferResident,
)

FEATURE: Final = plain_feature(
    "residents",
    path="residents",
    noun="resident",
    shape=ResidentShape,
    events=(
        ResidentRegistered,
        ResidentChanged,
        ResidentTransferred,
        ResidentEnded,
        ResidentReopened,
        ResidentIdentified,
        ResidentErased,
    ),
    create=RegisterResident,
    actions={"change": ChangeResident, "transfer": TransferResident, "end": EndResident, "reopen": ReopenResident},
    filters=("station_id", "state", "reason", "household_id"),
    counted=("state", "reason"),
    example={
        "station_id": "station_00k3v9x2a4b5c6d7e8f9",
        "name": "Ma Example",
        "phones": ["13800138000"],
        "birth_date": "1944-03-02",
        "address": "Building 3, Entrance 1, Flat 502",
        "language": "cmn",
        "groups": ["elderly_80_plus", "living_alone"],
    },
)
