"""The collection of misdirections, its indexes, and the query of a volunteer's last ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from services.volunteering.misdirections.domain import Misdirection
from shared.engine import Query
from shared.engine.decide.schema import Document

INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    Misdirection.collection: [
        IndexModel([("state", ASCENDING), ("_id", ASCENDING)], name="state"),
        IndexModel([("volunteer_id", ASCENDING), ("_id", ASCENDING)], name="volunteer_id"),
    ]
}
MAX_MILLIS: Final = 5_000
"""The longest that the store may take over one query, in milliseconds."""


@dataclass(frozen=True)
class LastMisdirections(Query[Misdirection]):
    """The misdirections of a volunteer under these ids, the newest first, 50 at most.

    Those whose contact was right after all are among them.
    """

    model = Misdirection
    limit: ClassVar[int] = 50

    volunteer_ids: tuple[str, ...]

    @classmethod
    def fetch(cls, database: Database[Document], queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, read through the index of `volunteer_id`."""
        return [
            list(
                database[Misdirection.collection]
                .find({"volunteer_id": {"$in": list(query.volunteer_ids)}})
                .sort("_id", DESCENDING)
                .limit(cls.limit)
                .max_time_ms(MAX_MILLIS)
            )
            for query in queries
        ]

    def matches(self, entity: Misdirection) -> bool:
        """Return whether the misdirection is one of the volunteer's."""
        return entity.volunteer_id in self.volunteer_ids

    def rank(self, entity: Misdirection) -> float:
        """Return the place of the misdirection: the newest comes first."""
        return -entity.reported_at.timestamp()


def read_last_misdirections(database: Database[Document], volunteer_ids: tuple[str, ...]) -> list[Misdirection]:
    """Return the misdirections that LastMisdirections names, outside a decision. Raises PyMongoError."""
    (rows,) = LastMisdirections.fetch(database, [LastMisdirections(volunteer_ids)])
    return [Misdirection.from_document(row) for row in rows]
