"""The station where a thing is kept: once it has ended nobody is there, and the level above is the first reminded."""

from collections.abc import Callable
from typing import TypeVar

from services.stations.network.domain import SEATED, Station
from shared.engine import Get, UnitOfWork
from shared.engine.plain import Aggregate
from shared.engine.reminders import Keeping

A = TypeVar("A", bound=Aggregate)


def kept_at(find_station: Callable[[A], str | None]) -> Keeping[A]:
    """Return the place of things whose station that function returns, None where they have none."""

    def loads(one: A) -> list[Get[Station]]:
        station_id = find_station(one)
        return [] if station_id is None else [Get(Station, station_id)]

    return Keeping(loads, lambda work, one: is_left(work, find_station(one)))


def is_left(work: UnitOfWork, station_id: str | None) -> bool:
    """Return whether the station has ended, so that nobody is there. Needs its `Get`; an unknown one has not ended."""
    station = None if station_id is None else work.get(Station, station_id)
    return station is not None and station.state not in SEATED
