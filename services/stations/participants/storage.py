"""The collection of participants, and the search for those of an organisation or a station."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Literal, Self

from pymongo import ASCENDING, IndexModel

from services.stations.participants.domain import Participant
from shared.engine import Document, Query

if TYPE_CHECKING:
    from pymongo.database import Database

MOST_AT_ONCE: Final = 50
"""Participants that one step changes; a timer goes on with the others."""
MAX_MILLIS: Final = 10_000
"""Milliseconds that the store may take over one search."""
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    Participant.collection: [
        IndexModel([("organisation_id", ASCENDING), ("state", ASCENDING)], name="of_organisation"),
        IndexModel([("station_id", ASCENDING), ("state", ASCENDING)], name="of_station"),
    ],
}


@dataclass(frozen=True)
class LinkedTo(Query[Participant]):
    """The linked participants of one organisation or one station."""

    by: Literal["organisation_id", "station_id"]
    value: str
    model = Participant
    limit: ClassVar[int] = MOST_AT_ONCE

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each: such ends are rare."""
        found = (
            database[Participant.collection].find({query.by: query.value, "state": "linked"}).sort("_id", ASCENDING)
            for query in queries
        )
        return [list(rows.limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Participant) -> bool:
        """Return whether the participant is linked, and of that organisation or station."""
        return entity.state == "linked" and getattr(entity, self.by) == self.value
