"""Collections, indexes, and how candidates are found: through the compound 2dsphere index of tag and home."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import cos, hypot, radians
from typing import Any, ClassVar, Final, Self

from pymongo import ASCENDING, DESCENDING, GEOSPHERE, IndexModel
from pymongo.database import Database

from services.volunteering.domain.availability import HULL, WEEK, covers, touches
from services.volunteering.domain.matching import MAX_METRES, METRES_A_DEGREE, RINGS, Wish, ring_area, rings_for
from services.volunteering.domain.staffing import Staffing
from services.volunteering.domain.volunteers import Volunteer, is_free
from services.volunteering.rarity import rarest_first
from shared.contracts.areas import LEVELS
from shared.engine import Query, Schema
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
}

SCHEMAS: Final[dict[str, Schema]] = {}
"""The collections whose stored form has changed since it was first released: none yet."""

MAX_MILLIS: Final = 5_000
"""How long the store may take over one question."""
GRID: Final = 2
"""Decimals of the cell that needs of one place share, about 1 km: one pool of candidates serves them all."""
FEW_WANTED: Final = 4
SOME_WANTED: Final = 16
CITY_DIGITS: Final = 4
"""In a whole city the nearest are found quicker without the area in the index."""


_FARTHEST: Final = MAX_METRES / METRES_A_DEGREE


@dataclass(frozen=True)
class Nearby(Query[Volunteer]):
    """The volunteers of an area with all of `tags` that live nearest to a cell's centre.

    Equal instances are asked once a batch, so the instance is the group of needs that share a pool. Without a
    slot (`ends` 0) everybody counts; otherwise those who are free and could come, without those in `but`.
    """

    model = Volunteer

    lon: float
    lat: float
    area: str
    tags: tuple[str, ...]
    starts: int = 0
    ends: int = 0
    week: tuple[int, int] | None = None
    whole: bool = False
    """Whether the slot has to lie in the windows as a whole, or only to touch them."""
    max_offers: int = 0
    but: tuple[str, ...] = ()
    standing: bool = False
    """Whether only those count who are confirmed without being asked."""

    @classmethod
    def fetch(cls, database: Store, queries: Sequence[Self]) -> list[list[dict[str, Any]]]:
        """One find a group: `$geoNear` in a pipeline reads the whole radius before it stops, find does not."""
        return [
            list(
                database[Volunteer.collection]
                .find(query.rule(database))
                .hint("tag_home" if len(query.area) <= CITY_DIGITS else "tag_area_home")
                .limit(cls.limit)
                .batch_size(cls.limit)
                .max_time_ms(MAX_MILLIS)
            )
            for query in queries
        ]

    def rule(self, database: Store) -> dict[str, Any]:
        """The query document; its first tag is the rarest, because that one bounds the index scan."""
        first, *others = rarest_first(database, self.tags)
        point = {"type": "Point", "coordinates": [self.lon, self.lat]}
        rule: dict[str, Any] = {
            "tags": {"$all": [first, *others]} if others else first,
            "home": {"$nearSphere": {"$geometry": point, "$maxDistance": MAX_METRES}},
            "area": self.area if len(self.area) == max(LEVELS) else {"$gte": self.area, "$lt": f"{self.area}~"},
        }
        if self.standing:
            rule["standing"] = True
        if self.but:
            rule["_id"] = {"$nin": list(self.but)}
        if self.ends:
            overlap = {"1": {"$lt": self.ends}, "2": {"$gt": self.starts}}
            rule["bookings"] = {"$not": {"$elemMatch": overlap}}
            rule["$and"] = [*self._when(), self._not_pestered()]
        return rule

    def _when(self) -> list[dict[str, Any]]:
        if self.week is None or self.week[1] > WEEK:  # over Sunday night: `matches` decides
            return []
        start, end = self.week
        window = {"0": {"$lte": start}, "1": {"$gte": end}} if self.whole else {"0": {"$lt": end}, "1": {"$gt": start}}
        return [{"$or": [{"windows": []}, {"windows": {"$elemMatch": window}}]}]

    def _not_pestered(self) -> dict[str, Any]:
        return {"$or": [{"standing": True}, {f"offers.{self.max_offers - 1}": {"$exists": False}}]}

    def matches(self, entity: Volunteer) -> bool:
        """The same rule over the volunteer as it stands now."""
        if self.ends:
            if entity.bookings and not is_free(entity, self.starts, self.ends):
                return False
            if entity.windows and not self._comes(entity):
                return False
            if not entity.standing and len(entity.offers) >= self.max_offers:
                return False
        if not entity.area.startswith(self.area) or entity.id in self.but or self.standing > entity.standing:
            return False
        for tag in self.tags:
            if tag not in entity.tags:
                return False
        return self.rank(entity) <= _FARTHEST

    def _comes(self, entity: Volunteer) -> bool:
        if self.week is None:
            return True
        if self.whole:
            return covers(entity.windows, self.week)
        return self.week[1] > WEEK or touches(entity.windows, self.week)

    def rank(self, entity: Volunteer) -> float:
        """Nearest to the cell's centre first."""
        east, north = entity.home
        return hypot((east - self.lon) * cos(radians(self.lat)), north - self.lat)


class Few(Nearby):
    """The first pool of a need for one or two."""

    limit: ClassVar[int] = 12


class Near(Nearby):
    """For a need for some."""

    limit: ClassVar[int] = 32


class Wide(Nearby):
    """For a need for many, and where needs of the same place have used up a smaller pool in one batch."""

    limit: ClassVar[int] = 256


class Skilled(Nearby):
    """Who could do it at all, free or not: to say why nobody was found (L6)."""

    limit: ClassVar[int] = 64


def first_pool(wish: Wish, wanted: int, max_offers: int) -> Nearby:
    """Those of the innermost ring who are free for the whole day: many needs share them, and loads even out."""
    start, end = wish.week[0] // HULL * HULL, -(-wish.week[1] // HULL) * HULL
    starts = wish.starts - (wish.week[0] - start) * 60
    ends = starts + (end - start) * 60
    area = ring_area(wish.area, rings_for(wish.area)[0])
    return _kind(wanted)(
        *_cell(wish), area, wish.tags, starts, ends, (start, end), whole=False, max_offers=max_offers
    )  # fmt: skip


def ring_pool(
    wish: Wish, ring: int, wanted: int, max_offers: int, but: tuple[str, ...], *, standing: bool = False
) -> Nearby:
    """Those of a ring, and of the rings inside it, who are free for the very slot, without `but`."""
    return _kind(wanted)(
        *_cell(wish), ring_area(wish.area, ring), wish.tags, wish.starts, wish.ends, wish.week,
        whole=True, max_offers=max_offers, but=but, standing=standing,
    )  # fmt: skip


def everyone_skilled(wish: Wish) -> Skilled:
    """The pool that tells why nobody was found."""
    return Skilled(*_cell(wish), ring_area(wish.area, len(RINGS) - 1), wish.tags)


def _kind(wanted: int) -> type[Nearby]:
    """The pool that, when it is full, holds `wanted` people and some to choose from; `wanted` is 100 at most."""
    if wanted <= FEW_WANTED:
        return Few
    return Near if wanted <= SOME_WANTED else Wide


def _cell(wish: Wish) -> tuple[float, float]:
    return round(wish.lon, GRID), round(wish.lat, GRID)


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
