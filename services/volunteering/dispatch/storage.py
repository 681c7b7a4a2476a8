"""The collections of dispatch, their indexes, and the queries of waiting and overdue staffings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Self

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from services.volunteering.dispatch.domain.staffing import Staffing
from shared.engine import Query
from shared.engine.decide.schema import Document

INDEXES: Final[dict[str, list[IndexModel]]] = {
    "staffings": [
        # Partial, because nearly all staffings ever made are over: the indexes hold the few that are not.
        IndexModel(
            [("waiting_in", ASCENDING), ("score", DESCENDING), ("_id", ASCENDING)],
            name="waiting",
            partialFilterExpression={"waiting_in": {"$type": "string"}},
        ),
        IndexModel(
            [("watch_at", ASCENDING), ("_id", ASCENDING)],
            name="watched",
            partialFilterExpression={"watch_at": {"$type": "date"}},
        ),
    ],
    "patrols": [],
}

MAX_MILLIS: Final = 5_000
"""The longest that the store may take over one query, in milliseconds."""


@dataclass(frozen=True)
class WaitingStaffings(Query[Staffing]):
    """The waiting list of a city: staffings that still lack people, the highest triage score first, 50 at most."""

    model = Staffing
    limit: ClassVar[int] = 50

    city: str

    @classmethod
    def fetch(cls, database: Database[Document], queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents of each city's list, by one find a city: a batch rarely speaks of two."""
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
        """Return whether the staffing, as it stands now, is on the list."""
        return entity.waiting_in == self.city

    def rank(self, entity: Staffing) -> int:
        """Return the score with its sign turned: the highest come first."""
        return -entity.score


@dataclass(frozen=True)
class OverdueStaffings(Query[Staffing]):
    """The staffings whose recheck was due by `before`, the longest overdue first, 200 at most.

    `after` is the instant and id of the last one of the page before; None begins with the longest overdue.
    """

    model = Staffing
    limit: ClassVar[int] = 200

    before: datetime
    after: tuple[datetime, str] | None = None

    @classmethod
    def fetch(cls, database: Database[Document], queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, read through the partial index of `watch_at`."""
        return [
            list(
                database[Staffing.collection]
                .find(query.rule)
                .sort([("watch_at", ASCENDING), ("_id", ASCENDING)])
                .limit(cls.limit)
                .max_time_ms(MAX_MILLIS)
            )
            for query in queries
        ]

    @property
    def rule(self) -> Document:
        """The filter of MongoDB."""
        if self.after is None:
            return {"watch_at": {"$lte": self.before}}
        at, last = self.after
        later: Document = {"watch_at": {"$gt": at, "$lte": self.before}}
        return {"$or": [{"watch_at": at, "_id": {"$gt": last}}, later]}

    def matches(self, entity: Staffing) -> bool:
        """Return whether the staffing, as it stands now, is overdue and comes after the page before."""
        if entity.watch_at is None or entity.watch_at > self.before:
            return False
        return self.after is None or (entity.watch_at, entity.id) > self.after

    def rank(self, entity: Staffing) -> float:
        """Return the instant at which it was due: the longest overdue come first."""
        return entity.watch_at.timestamp() if entity.watch_at else 0.0
