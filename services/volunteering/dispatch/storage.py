"""Collections, indexes, and what else is asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Self

from pymongo import ASCENDING, DESCENDING, GEOSPHERE, IndexModel
from pymongo.database import Database

from services.volunteering.domain.staffing import Staffing
from shared.engine import Query, Schema
from shared.engine.store.replicas import INDEXES as REPLICAS_INDEXES
from shared.ledger.storage import INDEXES as LEDGER_INDEXES

Store = Database[dict[str, Any]]

AUDIT: Final = "audit"
INDEXES: Final[dict[str, list[IndexModel]]] = {
    "volunteers": [
        IndexModel([("tags", ASCENDING), ("area", ASCENDING), ("home", GEOSPHERE)], name="tag_area_home"),
        IndexModel([("tags", ASCENDING), ("home", GEOSPHERE)], name="tag_home"),
        IndexModel([("tags", ASCENDING)], name="tag"),
    ],
    "volunteer_people": [],
    "staffings": [
        IndexModel(
            [("waiting_in", ASCENDING), ("score", DESCENDING), ("_id", ASCENDING)],
            name="waiting",
            partialFilterExpression={"waiting_in": {"$type": "string"}},
        ),
        IndexModel(
            [("watch_at", ASCENDING)],
            name="watch",
            partialFilterExpression={"watch_at": {"$type": "date"}},
        ),
    ],
    "patrols": [],
    "accounts": [],
    AUDIT: [IndexModel([("about", ASCENDING), ("at", ASCENDING)], name="about")],
    **LEDGER_INDEXES,
    **REPLICAS_INDEXES,
}

SCHEMAS: Final[dict[str, Schema]] = {}
"""The collections whose stored form has changed since it was first released: none yet."""

MAX_MILLIS: Final = 5_000
"""How long the store may take over one question."""


@dataclass(frozen=True)
class Waiting(Query[Staffing]):
    """The staffings of a city that still look for people, the highest score first."""

    model = Staffing
    limit: ClassVar[int] = 50

    city: str

    @classmethod
    def fetch(cls, database: Store, queries: Sequence[Self]) -> list[list[dict[str, Any]]]:
        """One find a city; a batch rarely speaks of two."""
        return [
            list(
                database[Staffing.collection]
                .find({"waiting_in": query.city})
                .sort([("score", DESCENDING), ("_id", ASCENDING)])
                .limit(cls.limit)
                .max_time_ms(MAX_MILLIS)
            )
            for query in queries
        ]

    def matches(self, entity: Staffing) -> bool:
        """The same rule over the staffing as it stands now."""
        return entity.waiting_in == self.city

    def rank(self, entity: Staffing) -> int:
        """The highest score first."""
        return -entity.score


@dataclass(frozen=True)
class Overdue(Query[Staffing]):
    """The staffings that should have been looked at by `before`, the longest overdue first."""

    model = Staffing
    limit: ClassVar[int] = 200

    before: datetime

    @classmethod
    def fetch(cls, database: Store, queries: Sequence[Self]) -> list[list[dict[str, Any]]]:
        """Read through the partial index of `watch_at`."""
        return [
            list(
                database[Staffing.collection]
                .find({"watch_at": {"$lte": query.before}})
                .sort("watch_at", ASCENDING)
                .limit(cls.limit)
                .max_time_ms(MAX_MILLIS)
            )
            for query in queries
        ]

    def matches(self, entity: Staffing) -> bool:
        """The same rule over the staffing as it stands now."""
        return entity.watch_at is not None and entity.watch_at <= self.before

    def rank(self, entity: Staffing) -> float:
        """The longest overdue first."""
        return entity.watch_at.timestamp() if entity.watch_at else 0.0
