"""The homes (服务户) of care plans, at `/v1/homes`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.plan_homes import AddHome, HomeAdded, HomeHandedOver, HomeRemoved, HomeShape, RemoveHome

FEATURE: Final = plain_feature(
    "homes",
    path="homes",
    noun="home",
    shape=HomeShape,
    events=(HomeAdded, HomeRemoved, HomeHandedOver),
    create=AddHome,
    actions={"remove": RemoveHome},
    filters=("plan_id", "station_id", "state"),
    counted=("state",),
    example={"plan_id": "plan_00k3v9x2a4b5c6d7e8f9", "need_id": "need_00k3v9x2a4b5c6d7e8f9"},
)
