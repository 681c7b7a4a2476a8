"""The stored links, and the query of a dispatch's last ones. Ended links are deleted by the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from services.volunteering.answer_links.domain import AnswerLink, superseded
from services.volunteering.dispatch.storage import MAX_MILLIS
from shared.engine import Query, UnitOfWork
from shared.engine.decide.schema import Document

INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    AnswerLink.collection: [
        IndexModel([("kept_until", ASCENDING)], expireAfterSeconds=0, name="forget"),
        IndexModel([("dispatch_id", ASCENDING), ("made_at", DESCENDING)], name="dispatch"),
    ]
}
"""A link acts by its id alone; the links of a dispatch are looked up where another one is made."""


@dataclass(frozen=True)
class LastLinks(Query[AnswerLink]):
    """The last links of a dispatch, open and ended, the newest first, 50 at most."""

    model = AnswerLink
    limit: ClassVar[int] = 50

    dispatch_id: str

    @classmethod
    def fetch(cls, database: Database[Document], queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, read through the index `dispatch`."""
        links = database[AnswerLink.collection]
        return [
            list(
                links.find({"dispatch_id": query.dispatch_id})
                .sort("made_at", DESCENDING)
                .limit(cls.limit)
                .max_time_ms(MAX_MILLIS)
            )
            for query in queries
        ]

    def matches(self, entity: AnswerLink) -> bool:
        """Return whether the link is one of the dispatch."""
        return entity.dispatch_id == self.dispatch_id

    def rank(self, entity: AnswerLink) -> float:
        """Return the place of the link: the newest comes first."""
        return -entity.made_at.timestamp()


def keep_link(work: UnitOfWork, link: AnswerLink) -> None:
    """Store a new link, and end the oldest open ones of its dispatch beyond MOST_OPEN.

    The work has loaded LastLinks of the dispatch.
    """
    for former in superseded(work.find(LastLinks(link.dispatch_id)), work.now):
        work.put(former)
    work.put(link)
