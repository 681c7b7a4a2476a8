"""The search for the relations of a resident, and the indexes of households and relations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from services.stations.households.domain import Household
from services.stations.households.relations import Relation
from shared.contracts.stations.relations import MOST_RELATIONS
from shared.engine import Document, Query
from shared.people.storage import MAX_MILLIS

INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    Household.collection: [
        IndexModel([("members.resident_id", ASCENDING), ("_id", ASCENDING)], name="member"),
        IndexModel([("station_id", ASCENDING), ("_id", ASCENDING)], name="of_station"),
    ],
    Relation.collection: [
        IndexModel([("resident_id", ASCENDING), ("_id", ASCENDING)], name="resident"),
        IndexModel([("related_id", ASCENDING), ("_id", ASCENDING)], name="related"),
    ],
}


@dataclass(frozen=True)
class StandingRelations(Query[Relation]):
    """The relations of one resident that stand, and those in which the resident is the other person."""

    model = Relation
    limit: ClassVar[int] = 4 * MOST_RELATIONS
    resident_id: str

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence["StandingRelations"]) -> list[list[Document]]:
        """Return the documents for each query, one find each by two indexes."""
        return [
            list(database[Relation.collection].find(query.rule).sort("_id", 1).limit(cls.limit).max_time_ms(MAX_MILLIS))
            for query in queries
        ]

    @property
    def rule(self) -> Document:
        """The MongoDB rule of these relations."""
        either: list[Document] = [{"resident_id": self.resident_id}, {"related_id": self.resident_id}]
        return {"$or": either, "state": "standing"}

    def matches(self, entity: Relation) -> bool:
        """Return whether the relation stands, and the resident has a part in it."""
        return entity.state == "standing" and self.resident_id in {entity.resident_id, entity.related_id}
