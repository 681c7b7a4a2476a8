"""The handover of the social workers of a station that has a successor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Self

from pymongo import ASCENDING

from services.stations.network.domain import Station
from services.stations.workers.domain import AT_WORK, Worker, WorkerRecord, moved
from services.stations.workers.handlers import WORKERS, move_record
from shared.contracts.stations.workers import WorkerTransferred
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


def load_workers(station_id: str) -> Loading:
    """Load the next social workers of the station, with their records and certificates."""
    work = yield [WorkersOf(station_id)]
    found = work.find(WorkersOf(station_id))
    yield [Get(WorkerRecord, worker.id) for worker in found]
    yield [load for worker in found for load in WORKERS.load_claims(worker)]


def hand_over_workers(work: UnitOfWork, station_id: str, successor: Station) -> bool:
    """Hand over the social workers that `load_workers` has loaded; return whether more may be left."""
    found = work.find(WorkersOf(station_id))
    for before in found:
        after = moved(before, successor).model_copy(update={"reminder": None})
        move_record(work, after)
        WORKERS.store(work, before, after, WorkerTransferred)
    return len(found) == WorkersOf.limit
