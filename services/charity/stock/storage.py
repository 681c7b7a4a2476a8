"""The collections of the ledger in charity, and the search for supply near a need."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from services.charity.stock.domain import FUND, MONEY, Supply
from shared.contracts.areas import ancestors, lies_in_city, rings_between
from shared.engine import Query
from shared.engine.decide.entity import stored_with
from shared.engine.decide.schema import Document
from shared.ledger.storage import INDEXES as LEDGER_INDEXES
from shared.ledger.storage import derive_available

MAX_PER_RING: Final = 8
"""The most accounts of one ring that a search reads."""
MAX_MILLIS: Final = 10_000
"""Milliseconds that the store may take over one search."""

INDEXES: Final[dict[str, list[IndexModel]]] = {
    **LEDGER_INDEXES,
    Supply.collection: [
        IndexModel(
            [("reach", ASCENDING), ("plenty", DESCENDING), ("_id", ASCENDING)],
            name="supply",
            partialFilterExpression={"plenty": {"$gt": 0}},
        ),
        IndexModel(
            [("area", ASCENDING), ("plenty", DESCENDING), ("_id", ASCENDING)],
            name="funds",
            partialFilterExpression={"kind": FUND, "plenty": {"$gt": 0}},
        ),
    ],
}


def search_key(commodity: str, area: str) -> str:
    """Return the key under which searches find a commodity for an area."""
    return f"{commodity}@{area}"


def plenty(supply: Supply) -> int:
    """Return the size of the amount that others may draw on as a power of two: 0 for none, n for 2ⁿ⁻¹ to 2ⁿ-1 units.

    The search sorts by it instead of the amount itself, because only a doubling or halving then moves the index
    entries of an account that many needs draw on.
    """
    return supply.shareable.bit_length()


@stored_with(Supply)
def derive_search_keys(supply: Supply) -> Document:
    """Return `reach`, a key for each area whose needs may draw on the account, and `plenty`, besides `available`.

    Supply reaches the needs of its own city and no others, so a province is no such area: a donor to a whole
    province gives to its cities. Stock that a station shares less widely has the keys of fewer areas; a need finds that
    of its own station without any.
    """
    within = supply.within
    shared = supply.sharing != "own"
    areas = [area for area in ancestors(supply.area) if shared and lies_in_city(area) and area.startswith(within)]
    reach = [search_key(supply.commodity, area) for area in areas]
    return {**derive_available(supply), "reach": reach, "plenty": plenty(supply)}


@dataclass(frozen=True)
class SupplyNear(Query[Supply]):
    """The accounts of a commodity in the city of `area` that have something available, nearest ring first.

    At most MAX_PER_RING accounts of each ring, those with the most first: the search costs no more in a city with
    thousands of stocks of rice than in a small one.
    """

    commodity: str
    area: str
    model = Supply
    limit: ClassVar[int] = 4 * MAX_PER_RING

    @classmethod
    def fetch(cls, database: Database[Document], queries: Sequence[Self]) -> list[list[Document]]:
        """Return the accounts of each query by one aggregation; an area that several needs share is read once."""
        keys = {key for query in queries for key in query.keys}
        order = {"plenty": -1, "_id": 1}
        found = find_first_of_each(
            database, Supply.collection, "reach", keys, order=order, limit=MAX_PER_RING, also={"plenty": {"$gt": 0}}
        )
        return [_unique(found[key] for key in query.keys) for query in queries]

    @property
    def keys(self) -> list[str]:
        """The keys in `reach` of the accounts searched for, nearest ring first."""
        return [search_key(self.commodity, area) for area in ancestors(self.area) if lies_in_city(area)]

    def matches(self, entity: Supply) -> bool:
        """Return whether the account supplies needs and has any of the commodity left, in the same city.

        An account of used goods lies in the same collection and supplies nobody; it has no `reach`.
        """
        return (
            entity.commodity == self.commodity
            and entity.shareable > 0
            and entity.forbids_overdraft
            and entity.sharing != "own"
            and self.area.startswith(entity.within)
        )

    def rank(self, entity: Supply) -> tuple[int, int]:
        """Return the sort key: nearest ring first, then the most available."""
        return rings_between(self.area, entity.area), -plenty(entity)


@dataclass(frozen=True)
class FundsFor(Query[Supply]):
    """The accounts of the funds that cover `area` and have money available, nearest ring first.

    At most MAX_PER_RING of each ring, those with the most first. A fund inside `area` does not cover it.
    """

    area: str
    model = Supply
    limit: ClassVar[int] = 4 * MAX_PER_RING

    @classmethod
    def fetch(cls, database: Database[Document], queries: Sequence[Self]) -> list[list[Document]]:
        """Return the accounts of each query by one aggregation; an area that several needs share is read once."""
        keys = {key for query in queries for key in query.keys}
        found = find_first_of_each(
            database,
            Supply.collection,
            "area",
            keys,
            order={"plenty": -1, "_id": 1},
            limit=MAX_PER_RING,
            also={"kind": FUND, "plenty": {"$gt": 0}},
        )
        return [_unique(found[key] for key in query.keys) for query in queries]

    @property
    def keys(self) -> list[str]:
        """The areas of the funds searched for, nearest ring first."""
        return [area for area in ancestors(self.area) if lies_in_city(area)]

    def matches(self, entity: Supply) -> bool:
        """Return whether the account is that of a fund which covers the area and has money available."""
        return entity.kind == FUND and entity.available > 0 and self.area.startswith(entity.area)

    def rank(self, entity: Supply) -> tuple[int, int]:
        """Return the sort key: nearest ring first, then the most available."""
        return rings_between(self.area, entity.area), -plenty(entity)


def supply_for(commodity: str, area: str) -> SupplyNear | FundsFor:
    """Return the search for the supply that needs in `area` may draw on."""
    return FundsFor(area) if commodity == MONEY else SupplyNear(commodity, area)


def find_first_of_each(
    database: Database[Document],
    collection: str,
    field: str,
    keys: set[str],
    *,
    order: dict[str, int],
    limit: int,
    also: Document | None = None,
    fields: dict[str, int] | None = None,
) -> dict[str, list[Document]]:
    """Return for each key the first `limit` documents whose array `field` holds it, in one round trip.

    `order` is a sort of MongoDB, `also` a further filter, `fields` names those to return. An index on `field` and
    `order` must exist.
    """
    first: list[Document] = [{"$sort": order}, {"$limit": limit}, *([{"$project": fields}] if fields else [])]
    pipeline: list[Document] = [
        {"$documents": [{"key": key} for key in sorted(keys)]},
        {
            # A lookup from the keys themselves walks the index for each of them in order and stops at the limit,
            # where one `$in` over all keys would read every match.
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


def _unique(parts: Iterable[list[Document]]) -> list[Document]:
    # An account stands in every ring around it; the first place is that of its nearest ring.
    found = {document["_id"]: document for part in parts for document in part}
    return list(found.values())
