"""The stations that have ended, as charity has heard of them: the successor that has their stock, or no one."""

from collections.abc import Generator, Sequence
from typing import ClassVar, Final

from shared.contracts import Timer
from shared.contracts.messages import Id
from shared.contracts.refusals import Refused
from shared.engine import Entity, Get, Load, UnitOfWork

MOST_SUCCESSORS: Final = 20
"""Successors one after another that one step follows."""


class Succession(Entity):
    """A station that has moved or was merged; its id is that of the station, `area` that of its successor."""

    collection: ClassVar[str] = "successions"
    successor_id: str
    area: str


class ClosedStation(Entity):
    """A station that has closed without a successor; it has that station's id."""

    collection: ClassVar[str] = "closed_stations"
    area: str


class ClosedStationDue(Timer):
    """The next things of a closed station are seen to: those of `part` with ids after `after`.

    `again` marks the second pass.
    """

    type: ClassVar[str] = "charity.closed_station_due"

    station_id: Id
    part: str = ""
    after: str = ""
    again: bool = False


class SuccessionDue(Timer):
    """The next of a station's things in charity are handed over: those of `part` with ids after `after`.

    `again` marks the passes after the first, `left` one in which stock is still reserved.
    """

    type: ClassVar[str] = "charity.succession_due"

    station_id: Id
    part: str = ""
    after: str = ""
    again: bool = False
    left: bool = False


def succession_key(station_id: str) -> str:
    """Return the key of the timer that hands over the things of a station."""
    return f"succession:{station_id}"


def closed_key(station_id: str) -> str:
    """Return the key of the timer that sees to the things of a closed station."""
    return f"closed:{station_id}"


def load_successor(station_id: str | None) -> Generator[Sequence[Load], UnitOfWork, Succession | None]:
    """Load the succession of a station and those of its successors; return the last one, None without any."""
    key, last = station_id, None
    for _ in range(MOST_SUCCESSORS):
        if key is None:
            break
        work = yield [Get(Succession, key)]
        following = work.get(Succession, key)
        if following is None:
            break
        key, last = following.successor_id, following
    return last


def find_successor(work: UnitOfWork, station_id: str | None) -> Succession | None:
    """Return the last succession of the station. Needs `load_successor`."""
    following = None if station_id is None else work.get(Succession, station_id)
    for _ in range(MOST_SUCCESSORS):
        if following is None or (after := work.get(Succession, following.successor_id)) is None:
            break
        following = after
    return following


def require_receiving(work: UnitOfWork, station_id: str, field: str) -> None:
    """Refuse a gift to a station that has ended. Needs a `Get` of its Succession and its ClosedStation.

    Raises Refused("wrong_state") for a closed one, and as `require_no_successor` does.
    """
    require_no_successor(work, station_id, field)
    if work.get(ClosedStation, station_id) is not None:
        raise Refused("wrong_state", "station_closed", field=field, station=station_id)


def require_no_successor(work: UnitOfWork, station_id: str, field: str) -> None:
    """Raise Refused("wrong_state") for a station that has a successor, naming that. Needs a `Get` of its Succession."""
    succession = work.get(Succession, station_id)
    if succession is not None:
        successor = succession.successor_id
        raise Refused("wrong_state", "station_succeeded", field=field, station=station_id, successor=successor)
