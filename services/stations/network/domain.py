"""A social-work station (社工站) or a street centre (街道社工中心), and the area in which it stands."""

from datetime import datetime
from typing import ClassVar, Final

from services.stations.areas.domain import Area
from shared.contracts.areas import LEVELS
from shared.contracts.refusals import Refused
from shared.contracts.stations.network import Level, StationAnswer, StationOpened
from shared.engine import Entity

SEATS: Final[dict[Level, str]] = {"station": "community", "centre": "street"}
"""The level of the area in which each level of the network stands."""
_DIGITS: Final = {level: digits for digits, level in LEVELS.items()}


class Station(Entity):
    """A social-work station in a community, or a centre in a street."""

    collection: ClassVar[str] = "stations"
    area: str
    name: str
    level: Level
    opened_at: datetime


def check_place(level: Level, code: str, known: Area | None) -> None:
    """Refuse a place that does not suit the level: a station stands in a community, a street centre in a street.

    `known` is the area of the register with that code. Raises Refused("invalid") naming the field `area`.
    """
    seat = SEATS[level]
    digits = _DIGITS[seat]
    if len(code) != digits:
        raise Refused("invalid", "area_of_wrong_level", field="area", level=level, seat=seat, digits=digits, area=code)
    if known is None:
        raise Refused("invalid", "unknown_area", field="area", area=code)


def build_event(station: Station) -> StationOpened:
    """Return the event of the station's opening."""
    return StationOpened(station_id=station.id, area=station.area, name=station.name, level=station.level)


def to_answer(station: Station) -> StationAnswer:
    """Return the station as its commands answer it."""
    return StationAnswer(
        id=station.id, version=station.version, area=station.area, name=station.name, level=station.level
    )
