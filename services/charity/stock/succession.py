"""The successions of stations, as charity has heard of them: the station that has the stock of one that has ended."""

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


def require_no_successor(work: UnitOfWork, station_id: str, field: str) -> None:
    """Raise Refused("wrong_state") for a station that has a successor, naming that. Needs a `Get` of its Succession."""
    succession = work.get(Succession, station_id)
    if succession is not None:
        successor = succession.successor_id
        raise Refused("wrong_state", "station_succeeded", field=field, station=station_id, successor=successor)
