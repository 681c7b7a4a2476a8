"""The collections of linking, and the search for the needs that wait."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final, NamedTuple, Self

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from services.charity.linking.domain.link import Link
from services.charity.linking.domain.waiting_order import rank_for
from services.charity.linking.guard import Guard
from services.charity.stock.domain import MONEY, Supply
from services.charity.stock.storage import MAX_MILLIS, find_first_of_each, search_key
from shared.contracts.areas import ancestors, city_of, lies_in_city
from shared.contracts.priority_bands import BANDS, POINTS_A_BAND, RISES_EVERY, TOP_BAND, find_first_band
from shared.engine import Query
from shared.engine.decide.entity import stored_with
from shared.engine.decide.schema import Document, Schema, Step

NOTHING_MORE: Final = "nothing_more"
"""Stands in `wants` of a link that waits and may hold no more reservations."""
IS_WAITING: Final[Document] = {"wants": {"$exists": True}}
"""Selects the links that wait; the filter of both indexes, which therefore hold no others."""

SINCE: Final[Document] = {"$ifNull": ["$since", "$published_at"]}
"""The instant from which a link's waiting counts, in MongoDB; links of release 0.2.0 have no `since`."""

INDEXES: Final[dict[str, list[IndexModel]]] = {
    Guard.collection: [],
    Link.collection: [
        IndexModel(
            [("wants", ASCENDING), ("priority", DESCENDING), ("published_at", ASCENDING), ("_id", ASCENDING)],
            name="waiting",
            partialFilterExpression=IS_WAITING,
        ),
        IndexModel([("area", ASCENDING)], name="waiting_in", partialFilterExpression=IS_WAITING),
        IndexModel(
            [("queues", ASCENDING), ("since", ASCENDING), ("_id", ASCENDING)],
            name="waiting_longest",
            partialFilterExpression={"queues": {"$exists": True}},
        ),
    ],
}


@stored_with(Link)
def derive_wants(link: Link) -> Document:
    """Return the keys under which the waiting list finds the link, as long as it waits.

    `queues` has one for each commodity that it misses and each area around it, or its station, with the band of its
    registration;
    `since` is the instant from which its waiting counts.
    `wants` has one for each commodity, and is all that release 0.2.0 knows.
    """
    missing = link.missing
    if not missing:
        return {}
    # A link that may hold no more reservations stays in the list for people to see, but under no commodity: there it
    # would stand in the way of the needs after it.
    if not link.room:
        return {"wants": [NOTHING_MORE], "since": link.waiting_since}
    band = find_first_band(link.priority)
    areas = [area for area in ancestors(link.area) if lies_in_city(area)]
    # The station besides: stock that it does not share, and its reserve, serve its own needs alone.
    places = [*areas, link.station_id]
    return {
        "wants": [search_key(commodity, city_of(link.area)) for commodity in missing],
        "queues": [queue_key(commodity, place, band) for commodity in missing for place in places],
        "since": link.waiting_since,
    }


def queue_key(commodity: str, place: str, band: int) -> str:
    """Return the key of the needs of an area or a station that miss the commodity and were registered in that band."""
    return f"{search_key(commodity, place)}#{band}"


def band_in_store(now: datetime) -> Document:
    """Return the expression of MongoDB for the priority band of a link at an instant, the same as `find_band`."""
    first = {"$divide": [{"$max": [0, "$priority"]}, POINTS_A_BAND]}
    waited = {"$max": [0, {"$subtract": [now, SINCE]}]}
    risen = {"$divide": [waited, RISES_EVERY / timedelta(milliseconds=1)]}
    return {"$min": [TOP_BAND, {"$add": [{"$floor": first}, {"$floor": risen}]}]}


def _with_queues(document: Document) -> Document:
    link = Link.model_validate({**document, "id": document["_id"]})
    kept = {name: value for name, value in document.items() if name not in ("wants", "queues", "since")}
    return {**kept, **derive_wants(link)}


Link.stored_as = Schema(
    (Step("a need that waits stands in a queue for each area around it and each priority band", change=_with_queues),)
)


class _Waiting(NamedTuple):
    """The fields of a waiting link that decide its place in the order."""

    id: str
    area: str
    station_id: str
    priority: int
    waiting_since: datetime


class Place(NamedTuple):
    """Supply of a commodity in `area` that serves the needs inside `within`, or those of one station alone."""

    commodity: str
    area: str
    within: str
    station: str = ""


def place_in(commodity: str, area: str) -> Place:
    """Return the place of supply in `area` without a sharing policy: the city; for money `area` alone."""
    return Place(commodity, area, area if commodity == MONEY else city_of(area))


def places_for(supply: Supply) -> list[Place]:
    """Return the places of an account: the area that it is shared with, and its station where that may draw on more."""
    shared = Place(supply.commodity, supply.area, supply.within)
    if supply.sharing != "own" and not supply.reserve:
        return [shared]
    own = shared._replace(station=supply.holder)
    return [shared, own] if supply.sharing != "own" and supply.shareable else [own]


@dataclass(frozen=True)
class WaitingFor(Query[Link]):
    """The needs that wait for the supply of a place, in the order of `rank_for`, 100 at most.

    The first of them are always among the oldest 100 of each band and each ring around the supply, because within a
    band and ring the older needs rank before the younger ones, also after they have risen. `now` is the instant of city
    time at which the bands are computed.
    """

    place: Place
    now: datetime
    model = Link
    limit: ClassVar[int] = 100

    @classmethod
    def fetch(cls, database: Database[Document], queries: Sequence[Self]) -> list[list[Document]]:
        """Return the links of each query: at most two aggregations for the fields that decide, one find for the links.

        Where fewer than 100 wait for the commodity in the city, the first aggregation has found them all.
        """
        in_city = {query.city_key for query in queries}
        found_in_city = cls._find(database, "wants", in_city, {"priority": -1, "published_at": 1, "_id": 1})
        long = [query for query in queries if len(found_in_city[query.city_key]) == cls.limit]
        keys = {key for query in long for key in query.keys}
        found_in_queues = cls._find(database, "queues", keys, {"since": 1, "_id": 1}) if keys else {}
        # The first of the city besides: a need written by release 0.2.0 stands in no queue until `lianshan migrate`.
        chosen = [
            query.choose([found_in_city[query.city_key], *(found_in_queues.get(key, ()) for key in query.keys)])
            for query in queries
        ]
        ids = list({link_id for those in chosen for link_id in those})
        rows = database[Link.collection].find({"_id": {"$in": ids}}).max_time_ms(MAX_MILLIS) if ids else ()
        found = {row["_id"]: row for row in rows}
        return [[found[link_id] for link_id in those if link_id in found] for those in chosen]

    @classmethod
    def _find(
        cls, database: Database[Document], field: str, keys: set[str], order: dict[str, int]
    ) -> dict[str, list[Document]]:
        fields = dict.fromkeys(("area", "station_id", "priority", "published_at", "since"), 1)
        return find_first_of_each(database, Link.collection, field, keys, order=order, limit=cls.limit, fields=fields)

    def choose(self, parts: Iterable[Sequence[Document]]) -> list[str]:
        """Return the ids of the first in order among the documents."""
        rows = {row["_id"]: row for part in parts for row in part}.values()
        waiting = (
            _Waiting(
                row["_id"], row["area"], row["station_id"], row["priority"], row.get("since") or row["published_at"]
            )
            for row in rows
        )
        near, fitting = self.place.area, (one for one in waiting if self._fits(one.area, one.station_id))
        return [link.id for link in sorted(fitting, key=lambda one: rank_for(one, near, self.now))[: self.limit]]

    def _fits(self, area: str, station_id: str) -> bool:
        return area.startswith(self.place.within) and self.place.station in ("", station_id)

    @property
    def keys(self) -> list[str]:
        """The keys in `queues` of the links searched for: one for each band and each ring around the supply."""
        commodity, area, within, station = self.place
        areas = [ring for ring in ancestors(area) if lies_in_city(ring) and ring.startswith(within)]
        return [queue_key(commodity, place, band) for place in ([station] if station else areas) for band in BANDS]

    @property
    def city_key(self) -> str:
        """The key in `wants` of the links searched for."""
        return search_key(self.place.commodity, city_of(self.place.area))

    def matches(self, entity: Link) -> bool:
        """Return whether the link is of the place, misses some of the commodity and may hold more reservations."""
        return self._fits(entity.area, entity.station_id) and self.place.commodity in entity.missing and entity.room > 0

    def rank(self, entity: Link) -> tuple[int, int, datetime, str]:
        """Return the link's place in the waiting list for supply in the area."""
        return rank_for(entity, self.place.area, self.now)
