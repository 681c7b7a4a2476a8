"""The search for the relations of a resident, and the indexes of households and relations."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from services.stations.households.domain import Household
from services.stations.households.relations import Relation
from shared.contracts.stations.relations import MOST_RELATIONS
from shared.engine import Document, Query
from shared.people.storage import MAX_MILLIS

MOST_ENDED: Final = 50
"""Ended relations of one resident that go along to another station: the newest."""
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    Household.collection: [
        IndexModel([("members.resident_id", ASCENDING), ("_id", ASCENDING)], name="member"),
        IndexModel([("station_id", ASCENDING), ("_id", ASCENDING)], name="of_station"),
    ],
    Relation.collection: [
        IndexModel([("resident_id", ASCENDING), ("_id", ASCENDING)], name="resident"),
        IndexModel([("related_id", ASCENDING), ("_id", ASCENDING)], name="related"),
        # Those of whose step a station was reminded last: few at any time, and looked for when it closes.
        IndexModel(
            [("station_id", ASCENDING), ("_id", ASCENDING)],
            name="reminded_at_station",
            partialFilterExpression={"reminder.level": "station"},
        ),
    ],
}


class _Standing(Query[Relation]):
    model = Relation

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Any]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        relations = database[Relation.collection]
        return [
            list(
                relations.find({**one.rule, "state": "standing"})
                .sort("_id", 1)
                .limit(cls.limit)
                .max_time_ms(MAX_MILLIS)
            )
            for one in queries
        ]


@dataclass(frozen=True)
class StandingRelations(_Standing):
    """The relations of one resident that stand: with a carer, an emergency contact or a guardian."""

    limit: ClassVar[int] = 4 * MOST_RELATIONS
    resident_id: str

    @property
    def rule(self) -> Document:
        """The MongoDB rule of these relations."""
        return {"resident_id": self.resident_id}

    def matches(self, entity: Relation) -> bool:
        """Return whether the relation stands, and is the resident's own."""
        return (entity.resident_id, entity.state) == (self.resident_id, "standing")


@dataclass(frozen=True)
class RelationsOf(Query[Relation]):
    """All relations of one resident that stand, and the newest that have ended."""

    model = Relation
    limit: ClassVar[int] = StandingRelations.limit + MOST_ENDED
    resident_id: str

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence["RelationsOf"]) -> list[list[Document]]:
        """Return the documents for each query, two finds each, by the state."""
        relations = database[Relation.collection]
        most = {"standing": StandingRelations.limit, "ended": MOST_ENDED}

        def find(resident_id: str, state: str) -> Iterable[Document]:
            rule: Document = {"resident_id": resident_id, "state": state}
            return relations.find(rule).sort("_id", -1).limit(most[state]).max_time_ms(MAX_MILLIS)

        return [[row for state in most for row in find(one.resident_id, state)] for one in queries]

    def matches(self, entity: Relation) -> bool:
        """Return whether the relation is the resident's own."""
        return entity.resident_id == self.resident_id

    def rank(self, entity: Relation) -> bool:
        """Return the sort key: those that stand come first."""
        return entity.state != "standing"


@dataclass(frozen=True)
class Unreplaced(Query[Relation]):
    """The ended relations of one resident for which somebody else is to be found."""

    model = Relation
    limit: ClassVar[int] = StandingRelations.limit
    resident_id: str

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence["Unreplaced"]) -> list[list[Document]]:
        """Return the documents for each query, one find each: a resident has few relations."""
        relations, gone = database[Relation.collection], {"state": "ended", "replace_by": {"$ne": None}}
        found = (relations.find({"resident_id": one.resident_id, **gone}) for one in queries)
        return [list(rows.sort("_id", 1).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Relation) -> bool:
        """Return whether the relation is the resident's own, and is to be replaced."""
        return entity.resident_id == self.resident_id and entity.replace_by is not None


@dataclass(frozen=True)
class RelationsTo(_Standing):
    """The standing relations of others in which one resident is the other person: a page of any number."""

    limit: ClassVar[int] = 4 * MOST_RELATIONS
    related_id: str

    @property
    def rule(self) -> Document:
        """The MongoDB rule of these relations."""
        return {"related_id": self.related_id}

    def matches(self, entity: Relation) -> bool:
        """Return whether the relation stands, with the resident as the other person."""
        return (entity.related_id, entity.state) == (self.related_id, "standing")
