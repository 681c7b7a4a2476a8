"""The collections of needs, read by id alone but for the needs of a resident, and the search for copies of words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Self

from pymongo import ASCENDING, DESCENDING, IndexModel

from services.stations.needs.domain.attached import AttachmentPart, NeedAttachments
from services.stations.needs.domain.named import NeedResidents
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import NeedText
from shared.engine import Document, Query

if TYPE_CHECKING:
    from pymongo.database import Database

IS_DATE: Final[Document] = {"$type": "date"}
"""The filter of the index of confirmed needs; a query has to repeat it."""
MAX_MILLIS: Final = 5_000
"""Milliseconds that the store may take over one search."""
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    Need.collection: [
        # Partial: a need costs the index nothing before its confirmation.
        IndexModel(
            [("area", ASCENDING), ("confirmed_at", ASCENDING)],
            name="confirmed",
            partialFilterExpression={"confirmed_at": IS_DATE},
        )
    ],
    # Sparse: only the needs of care plans pay for it.
    NeedText.collection: [IndexModel([("copied_from", ASCENDING)], name="copied_from", sparse=True)],
    NeedAttachments.collection: [],
    AttachmentPart.collection: [IndexModel([("need_id", ASCENDING), ("_id", ASCENDING)], name="need")],
    NeedResidents.collection: [IndexModel([("residents", ASCENDING), ("_id", DESCENDING)], name="residents")],
}


@dataclass(frozen=True)
class CopiesOf(Query[NeedText]):
    """The words that were first written for one need, and all copies of them, in the order of their ids."""

    origin: str
    model: ClassVar[type[NeedText]] = NeedText
    limit: ClassVar[int] = 100

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each: erasures are rare."""
        texts = database[NeedText.collection]
        found = (texts.find({"$or": [{"_id": one.origin}, {"copied_from": one.origin}]}) for one in queries)
        return [list(rows.sort("_id", ASCENDING).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: NeedText) -> bool:
        """Return whether the words are those, or a copy of them."""
        return entity.origin == self.origin
