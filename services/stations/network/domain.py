"""A social-work station (社工站) or a street centre (街道社工中心), and the area in which it stands."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Final

from shared.contracts.areas import LEVELS
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.stations.network import CloseStation, Level, OpenStation, StationShape
from shared.engine.plain import Aggregate, Exclusive

SEATS: Final[dict[Level, str]] = {"station": "community", "centre": "street"}
"""The level of the area in which each level of the network stands."""
_DIGITS: Final = {level: digits for digits, level in LEVELS.items()}


class Station(StationShape, Aggregate):
    """A station in a community, or a centre in a street."""

    collection: ClassVar[str] = "stations"


def opened(asked: OpenStation, station_id: str, now: datetime) -> Station:
    """Return a new, open station. Raises Refused("invalid", field "area") for an area of another level."""
    seat = SEATS[asked.level]
    digits = _DIGITS[seat]
    if len(asked.area) != digits:
        raise Refused(
            "invalid", "area_of_wrong_level", field="area", level=asked.level, seat=seat, digits=digits, area=asked.area
        )
    return Station(id=station_id, version=0, state="open", opened_at=now, **dict(asked))


def closed(_: CloseStation, before: Station, now: datetime) -> Station:
    """Return the station as closed. Raises Refused("wrong_state") where it is closed already."""
    require_open(before, "id")
    return before.model_copy(update={"state": "closed", "closed_at": now})


def require_open(station: Station, field: str) -> None:
    """Raise Refused("wrong_state") naming the field that pointed to the station, unless it is open."""
    if station.state != "open":
        raise Refused("wrong_state", "station_closed", field=field, station=station.id)


def find_next_step(_: Station) -> NextStep | None:
    """Return None: an open station waits for nothing."""
    return None


def list_exclusive(station: Station) -> Sequence[Exclusive]:
    """Return the seat: one open station a community, one open centre a street."""
    if station.state != "open":
        return ()
    return (Exclusive(station.area, "area"),)
