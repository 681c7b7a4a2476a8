"""Charity's collections: guards, the searches that linking needs, indexes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Self

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from services.charity.linking.domain.link import Link
from services.charity.linking.domain.near_to_far import nearness
from services.charity.stock.domain import Supply, city_of, is_local, reach
from shared.contracts.areas import ancestors
from shared.engine import Entity, Query, Schema, Step
from shared.ledger.storage import INDEXES as LEDGER_INDEXES

Document = dict[str, Any]
Store = Database[Document]
AUDIT: Final = "audit"
PER_RING: Final = 8
"""So many accounts of one ring are looked at at once, those with the most first."""
MAX_MILLIS: Final = 10_000
"""How long the store may take over one search."""


class Guard(Entity):
    """One for each commodity and city, put by whoever adds supply and by every need that goes waiting.

    Two replicas may decide at the same moment without seeing each other's inserts: one takes a donation and finds
    no need waiting, the other finds no supply and lets its need wait. Both put this entity, so that the version
    guard lets only one of them through and the other decides anew, now seeing everything. For that, a handler
    asks for the guard in an earlier round than for the supply and the waiting list that it decides on.
    What this leaves open (a need goes waiting with more supply beyond the bounded search, an entity read before
    the guard for another message's sake) the timer at `recheck_at` finds.
    """

    collection: ClassVar[str] = "guards"

    recheck_at: datetime | None = None


def guard_id(commodity: str, area: str) -> str:
    """The guard of the commodity in the area's city."""
    return reach(commodity, city_of(area))


@dataclass(frozen=True)
class SupplyNear(Query[Supply]):
    """Accounts with something available of a commodity within the city of `area`, nearest ring first.

    At most PER_RING of each ring, those with the most first: a city with thousands of stocks of rice costs no
    more than a small one.
    """

    commodity: str
    area: str
    model = Supply
    limit: ClassVar[int] = 4 * PER_RING

    @classmethod
    def fetch(cls, database: Store, queries: Sequence[Self]) -> list[list[Document]]:
        """One query for all: each area that contains one of the needs is asked once for each commodity."""
        keys = {key for query in queries for key in query.keys}
        order = {"plenty": -1, "_id": 1}
        found = best_of_each(
            database, Supply.collection, "reach", keys, order=order, limit=PER_RING, also={"plenty": {"$gt": 0}}
        )
        return [_unique(found[key] for key in query.keys) for query in queries]

    @property
    def keys(self) -> list[str]:
        """What the accounts' `reach` calls it, nearest first."""
        return [reach(self.commodity, area) for area in ancestors(self.area) if is_local(area)]

    def matches(self, entity: Supply) -> bool:
        """Something is left of it, in the same city."""
        return (
            entity.commodity == self.commodity and entity.available > 0 and city_of(entity.area) == city_of(self.area)
        )

    def rank(self, entity: Supply) -> tuple[int, int]:
        """Nearest first, then who has the most."""
        return nearness(self.area, entity.area), -entity.plenty


@dataclass(frozen=True)
class WaitingFor(Query[Link]):
    """Needs of a city that wait for a commodity: highest score first, then who has waited longest."""

    commodity: str
    city: str
    model = Link
    limit: ClassVar[int] = 100

    @classmethod
    def fetch(cls, database: Store, queries: Sequence[Self]) -> list[list[Document]]:
        """One query for all."""
        keys = {query.key for query in queries}
        order = {"priority": -1, "published_at": 1, "_id": 1}
        found = best_of_each(database, Link.collection, "wants", keys, order=order, limit=cls.limit)
        return [found[query.key] for query in queries]

    @property
    def key(self) -> str:
        """What the links' `wants` calls it."""
        return reach(self.commodity, self.city)

    def matches(self, entity: Link) -> bool:
        """It is of the city, still misses some and may draw on more accounts."""
        return city_of(entity.area) == self.city and self.commodity in entity.missing and entity.room > 0

    def rank(self, entity: Link) -> tuple[int, datetime, str]:
        """Its place in the waiting list."""
        return entity.rank


def best_of_each(
    database: Store,
    collection: str,
    field: str,
    keys: set[str],
    *,
    order: dict[str, int],
    limit: int,
    also: Document | None = None,
) -> dict[str, list[Document]]:
    """For each key the first `limit` documents whose `field` holds it, in one round trip.

    A `$lookup` from the keys themselves: it walks the index for each key in order and stops at the limit, where
    one `$in` would read every match.
    """
    asked = sorted(keys)
    first: list[Document] = [{"$sort": order}, {"$limit": limit}]
    pipeline: list[Document] = [
        {"$documents": [{"key": key} for key in asked]},
        {
            "$lookup": {
                "from": collection,
                "localField": "key",
                "foreignField": field,
                "pipeline": [{"$match": also}, *first] if also else first,
                "as": "found",
            }
        },
    ]
    rows = database.aggregate(pipeline, maxTimeMS=MAX_MILLIS)
    return {row["key"]: row["found"] for row in rows}


def _unique(parts: Any) -> list[Document]:
    found = {document["_id"]: document for part in parts for document in part}
    return list(found.values())


INDEXES: Final[dict[str, list[IndexModel]]] = {
    **LEDGER_INDEXES,
    "donors": [],
    "funds": [],
    "donations": [],
    "guards": [],
    "accounts": [
        IndexModel(
            [("reach", ASCENDING), ("plenty", DESCENDING), ("_id", ASCENDING)],
            name="supply",
            partialFilterExpression={"plenty": {"$gt": 0}},
        ),
    ],
    "links": [
        IndexModel(
            [("wants", ASCENDING), ("priority", DESCENDING), ("published_at", ASCENDING), ("_id", ASCENDING)],
            name="waiting",
            partialFilterExpression={"wants": {"$exists": True}},
        ),
        IndexModel([("area", ASCENDING)], name="waiting_in", partialFilterExpression={"wants": {"$exists": True}}),
    ],
    AUDIT: [IndexModel([("about", ASCENDING), ("at", ASCENDING)], name="about")],
}


def _audit_as_elsewhere(row: Document) -> Document:
    row["about"], row["what"], row["at"] = [row.pop("what")], row.pop("read"), row.pop("when")
    return row


SCHEMAS: Final = {
    AUDIT: Schema(
        steps=(
            Step(
                "audit rows have the fields that stations and volunteering give theirs: about, what, at",
                change=_audit_as_elsewhere,
                drops=("what",),
            ),
        )
    ),
}
