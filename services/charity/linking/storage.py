"""The collections of linking, and the search for the needs that wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Self

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from services.charity.linking.domain.link import Link
from services.charity.linking.guard import Guard
from services.charity.stock.storage import find_first_of_each, search_key
from shared.contracts.areas import city_of
from shared.engine import Query
from shared.engine.decide.entity import stored_with
from shared.engine.decide.schema import Document

NOTHING_MORE: Final = "nothing_more"
"""Stands in `wants` of a link that waits and may hold no more reservations."""
IS_WAITING: Final[Document] = {"wants": {"$exists": True}}
"""Selects the links that wait; the filter of both indexes, which therefore hold no others."""

INDEXES: Final[dict[str, list[IndexModel]]] = {
    Guard.collection: [],
    Link.collection: [
        IndexModel(
            [("wants", ASCENDING), ("priority", DESCENDING), ("published_at", ASCENDING), ("_id", ASCENDING)],
            name="waiting",
            partialFilterExpression=IS_WAITING,
        ),
        IndexModel([("area", ASCENDING)], name="waiting_in", partialFilterExpression=IS_WAITING),
    ],
}


@stored_with(Link)
def derive_wants(link: Link) -> Document:
    """Return `wants`, the keys under which the waiting list finds the link, as long as it waits."""
    missing = link.missing
    if not missing:
        return {}
    # A link that may hold no more reservations stays in the list for people to see, but under no commodity: there it
    # would stand in the way of the needs after it.
    return {"wants": [search_key(c, city_of(link.area)) for c in missing] if link.room else [NOTHING_MORE]}


@dataclass(frozen=True)
class WaitingFor(Query[Link]):
    """The needs of a city that wait for a commodity: highest triage score first, then earliest publication."""

    commodity: str
    city: str
    model = Link
    limit: ClassVar[int] = 100

    @classmethod
    def fetch(cls, database: Database[Document], queries: Sequence[Self]) -> list[list[Document]]:
        """Return the links of each query by one aggregation."""
        keys = {query.key for query in queries}
        order = {"priority": -1, "published_at": 1, "_id": 1}
        found = find_first_of_each(database, Link.collection, "wants", keys, order=order, limit=cls.limit)
        return [found[query.key] for query in queries]

    @property
    def key(self) -> str:
        """The key in `wants` of the links searched for."""
        return search_key(self.commodity, self.city)

    def matches(self, entity: Link) -> bool:
        """Return whether the link is of the city, misses some of the commodity and may hold more reservations."""
        return city_of(entity.area) == self.city and self.commodity in entity.missing and entity.room > 0

    def rank(self, entity: Link) -> tuple[int, datetime, str]:
        """Return the link's place in the waiting list."""
        return entity.rank
