"""The two-level network: social-work stations (社工站) and street centres (街道社工中心), at `/v1/stations`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.network import CloseStation, OpenStation, StationClosed, StationOpened, StationShape

FEATURE: Final = plain_feature(
    "network",
    path="stations",
    noun="station",
    shape=StationShape,
    events=(StationOpened, StationClosed),
    create=OpenStation,
    actions={"close": CloseStation},
    filters=("level", "state"),
    counted=("level", "state"),
    example={"area": "110102009017", "name": "展览路街道榆树馆社区社工站", "level": "station"},
)
StationView: Final = FEATURE.view
"""A station or a street centre as lists show it."""
