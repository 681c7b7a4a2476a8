"""Households (家庭), at `/v1/households`: opaque ids of residents and their relations to the head."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.households import (
    FormHousehold,
    HouseholdChanged,
    HouseholdDissolved,
    HouseholdFormed,
    HouseholdShape,
    HouseholdTransferred,
    MoveIn,
    MoveOut,
    RelateMembers,
    TransferHousehold,
)

FEATURE: Final = plain_feature(
    "households",
    path="households",
    noun="household",
    shape=HouseholdShape,
    events=(HouseholdFormed, HouseholdChanged, HouseholdTransferred, HouseholdDissolved),
    create=FormHousehold,
    actions={"move-in": MoveIn, "move-out": MoveOut, "relate": RelateMembers, "transfer": TransferHousehold},
    filters=("station_id", "state"),
    counted=("state",),
    example={"head_id": "resident_00k3v9x2a4b5c6d7e8f9", "since": "2001-05-01"},
)
