"""The handover of the social workers of a station that has ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Self

from pymongo import ASCENDING

from services.stations.network.domain import Station
from services.stations.workers.domain import AT_WORK, Worker, WorkerRecord, moved, without_station
from services.stations.workers.handlers import WORKERS, move_record
from shared.contracts.stations.workers import WorkerStationClosed, WorkerTransferred
from shared.engine import Document, Get, Loading, Query, UnitOfWork
from shared.people.storage import MAX_MILLIS

if TYPE_CHECKING:
    from pymongo.database import Database

MOST_AT_ONCE: Final = 50
"""Social workers whom one step hands over."""
KNOWN: Final = (*AT_WORK, "left")


@dataclass(frozen=True)
class WorkersOf(Query[Worker]):
    """The social workers of a station, those who have left included: they may be employed again by the successor."""

    station_id: str
    model = Worker
    limit: ClassVar[int] = MOST_AT_ONCE

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        workers = database[Worker.collection]
        found = (workers.find({"station_id": q.station_id, "state": {"$in": list(KNOWN)}}) for q in queries)
        return [list(rows.sort("_id", ASCENDING).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Worker) -> bool:
        """Return whether the person is of that station, and not erased."""
        return entity.station_id == self.station_id and entity.state in KNOWN


@dataclass(frozen=True)
class WorkersLeftAt(WorkersOf):
    """The social workers of a closed station who are employed, and whom nobody has asked for another station yet."""

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        workers, rule = database[Worker.collection], {"state": {"$in": list(AT_WORK)}, "assign_by": None}
        found = (workers.find({"station_id": query.station_id, **rule}) for query in queries)
        return [list(rows.sort("_id", ASCENDING).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Worker) -> bool:
        """Return whether the person is employed at that station, and not asked for."""
        return entity.station_id == self.station_id and entity.state in AT_WORK and entity.assign_by is None


def load_workers(search: WorkersOf) -> Loading:
    """Load the social workers that the search finds, with their records and certificates."""
    work = yield [search]
    found = work.find(search)
    yield [Get(WorkerRecord, worker.id) for worker in found]
    yield [load for worker in found for load in WORKERS.load_claims(worker)]


def search_for(station_id: str, successor: Station | None) -> WorkersOf:
    """Return the search for those who go along to the successor, or without one for those who need another station."""
    return WorkersLeftAt(station_id) if successor is None else WorkersOf(station_id)


def hand_over_workers(work: UnitOfWork, station_id: str, successor: Station | None) -> bool:
    """Hand over the social workers that `load_workers` has loaded; return whether more may be left.

    Without a successor another station is to be found for each.
    """
    found = work.find(search_for(station_id, successor))
    for before in found:
        if successor is None:
            WORKERS.store(work, before, without_station(before, work.now), WorkerStationClosed)
        else:
            after = moved(before, successor).model_copy(update={"reminder": None})
            move_record(work, after)
            WORKERS.store(work, before, after, WorkerTransferred)
    return len(found) == WorkersOf.limit
