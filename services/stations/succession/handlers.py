"""The commands that move a station and merge it into another."""

from typing import Final

from services.stations.areas.domain import check_known, load_areas
from services.stations.network.domain import Station, StationGone, gone_key
from services.stations.network.handlers import BEGUN, STATIONS
from services.stations.succession.domain import merged, moved
from shared.contracts.stations.succession import (
    MergeStation,
    MoveStation,
    StationMerged,
    StationMoved,
    StationTookOver,
)
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming
from shared.engine.plain import check_version
from shared.engine.reminders import AT_ONCE


def move_station(message: Incoming[MoveStation]) -> Handling:
    """Move a station. Raises the errors of `moved` and of every plain change, and those of the seat."""
    asked = message.data
    yield [Get(Station, asked.id, message.actor.area), *load_areas(asked.area)]
    work = yield TURN
    before = work.reach(Station, asked.id, "id")
    check_version(before, STATIONS.kind, asked.expected_version)
    check_known(work, "area", asked.area)
    ended, successor = moved(asked, before, work.new_id("station"), work.now)
    yield STATIONS.load_claims(before, ended, successor)
    STATIONS.store(work, None, successor, BEGUN[successor.state])
    work.remind(gone_key(before.id), work.now + AT_ONCE, StationGone(id=before.id))
    return STATIONS.store(work, before, ended, StationMoved)


def merge_station(message: Incoming[MergeStation]) -> Handling:
    """Merge a station into another. Raises the errors of `merged` and of every plain change."""
    asked = message.data
    yield [Get(Station, each, message.actor.area) for each in (asked.id, asked.into_id)]
    work = yield TURN
    before = work.reach(Station, asked.id, "id")
    check_version(before, STATIONS.kind, asked.expected_version)
    into = work.reach(Station, asked.into_id, "into_id")
    ended, successor = merged(before, into, work.now)
    yield STATIONS.load_claims(before, ended, into, successor)
    STATIONS.store(work, into, successor, StationTookOver)
    work.remind(gone_key(before.id), work.now + AT_ONCE, StationGone(id=before.id))
    return STATIONS.store(work, before, ended, StationMerged)


HANDLERS: Final[HandlerTable] = {MoveStation: move_station, MergeStation: merge_station}
