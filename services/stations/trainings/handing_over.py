"""The planned trainings of a station that has ended: they are held by its successor, or cancelled with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from pymongo import ASCENDING

from services.stations.network.domain import Station
from services.stations.trainings.domain import Training, called_off
from services.stations.trainings.handlers import TRAININGS
from shared.contracts.stations.trainings import TrainingCancelled, TrainingHandedOver
from shared.engine import Document, Query, UnitOfWork
from shared.people.storage import MAX_MILLIS

if TYPE_CHECKING:
    from pymongo.database import Database


@dataclass(frozen=True)
class TrainingsOf(Query[Training]):
    """The planned trainings of a station."""

    station_id: str
    model = Training
    limit: ClassVar[int] = 50

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        trainings = database[Training.collection]
        found = (trainings.find({"station_id": query.station_id, "state": "planned"}) for query in queries)
        return [list(rows.sort("_id", ASCENDING).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Training) -> bool:
        """Return whether the training is planned at that station."""
        return entity.station_id == self.station_id and entity.state == "planned"


def hand_over_trainings(work: UnitOfWork, station_id: str, successor: Station | None) -> bool:
    """Hand over the trainings that `TrainingsOf` finds, or cancel them; return whether more may be left."""
    found = work.find(TrainingsOf(station_id))
    for before in found:
        if successor is None:
            TRAININGS.store(work, before, called_off(before, "station_closed"), TrainingCancelled)
        else:
            there = {"station_id": successor.id, "area": successor.area, "reminder": None}
            TRAININGS.store(work, before, before.model_copy(update=there), TrainingHandedOver)
    return len(found) == TrainingsOf.limit
