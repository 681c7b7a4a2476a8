"""How candidates are found: through the compound 2dsphere index of tag, area and home."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import islice
from math import cos, hypot, radians
from typing import Any, ClassVar, Final, Self

from services.volunteering.domain.availability import HULL, WEEK, Windows, covers, touches
from services.volunteering.domain.matching import MAX_METRES, METRES_A_DEGREE, RINGS, Wish, ring_area, rings_for
from services.volunteering.domain.volunteers import Volunteer, is_free
from services.volunteering.rarity import rarest_first
from services.volunteering.storage import MAX_MILLIS, Store
from shared.contracts.areas import LEVELS
from shared.engine import Query
from shared.engine.decide.unit_of_work import ID_CHARACTERS

GRID: Final = 2
"""Decimals of the cell that needs of one place share, about 1 km: one pool of candidates serves them all."""
FEW_WANTED: Final = 4
SOME_WANTED: Final = 16
SHARED: Final = 5
"""So many times a pool are looked at for all the slots that are asked for at one place."""
SHARED_MOST: Final = 160
"""A large pool is hardly worth looking beyond."""
CITY_DIGITS: Final = 4
"""In a whole city the nearest are found quicker without the area in the index."""


EVERYONE: Final = (0, 1)
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
    part: tuple[int, int] = EVERYONE
    """Which part, from 0, of how many: the last characters of their ids divide people evenly and for good."""

    @classmethod
    def fetch(cls, database: Store, queries: Sequence[Self]) -> list[list[dict[str, Any]]]:
        """One find for all slots of a group; where too few of those who live nearest are free, one for the slot."""
        groups: dict[Self, list[Self]] = {}
        for query in queries:
            groups.setdefault(query.any_time(), []).append(query)
        found: dict[Self, list[dict[str, Any]]] = {}
        for group, members in groups.items():
            found |= cls._shared(database, group, members) if len(members) > 1 else {}
        return [found[query] if query in found else query.find(database, cls.limit) for query in queries]

    @classmethod
    def _shared(cls, database: Store, group: Self, members: Sequence[Self]) -> dict[Self, list[dict[str, Any]]]:
        """What one find tells of each slot: the nearest of all hold the nearest who are free, if they are enough."""
        most = max(cls.limit, min(SHARED * cls.limit, SHARED_MOST))
        nearest = group.find(database, most)
        told = {}
        for query in members:
            free = list(islice((person for person in nearest if query.is_open_to(person)), cls.limit))
            if len(free) == cls.limit or len(nearest) < most:
                told[query] = free
        return told

    def is_open_to(self, stored: dict[str, Any]) -> bool:
        """Whether this person, who fits but for the slot, is free in it and could come; as the store has it."""
        return not self.ends or self._free(
            stored.get("bookings", ()),
            stored.get("windows", ()),
            stored.get("standing", False) or len(stored.get("offers", ())) < self.max_offers,
        )

    @cached_property
    def _hash(self) -> int:
        return hash((self.lon, self.lat, self.area, self.tags, self.starts, self.ends, self.but, self.part))

    def __hash__(self) -> int:
        return self._hash

    def any_time(self) -> Self:
        """The same search without its slot."""
        return replace(self, starts=0, ends=0, week=None, whole=False)

    def find(self, database: Store, limit: int) -> list[dict[str, Any]]:
        """The nearest of them. `$geoNear` in a pipeline reads the whole radius before it stops, find does not."""
        return list(
            database[Volunteer.collection]
            .find(self.rule(database))
            .hint("tag_home" if len(self.area) <= CITY_DIGITS else "tag_area_home")
            .limit(limit)
            .batch_size(limit)
            .max_time_ms(MAX_MILLIS)
        )

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
        if self.part != EVERYONE:
            rule["_id"] = {"$regex": f"[{self._last_characters()}]$", **rule.get("_id", {})}
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
        if self.ends and not self._free(
            entity.bookings, entity.windows, entity.standing or len(entity.offers) < self.max_offers
        ):
            return False
        if (self.part != EVERYONE and entity.id[-1] not in self._last_characters()) or entity.id in self.but:
            return False
        if not entity.area.startswith(self.area) or self.standing > entity.standing:
            return False
        for tag in self.tags:
            if tag not in entity.tags:
                return False
        return self.rank(entity) <= _FARTHEST

    def _free(self, bookings: Iterable[Sequence[Any]], windows: Windows, askable: bool) -> bool:
        return askable and is_free(bookings, self.starts, self.ends) and (not windows or self._comes(windows))

    def _last_characters(self) -> str:
        index, count = self.part
        return ID_CHARACTERS[index % len(ID_CHARACTERS) :: count]

    def _comes(self, windows: Windows) -> bool:
        if self.week is None:
            return True
        if self.whole:
            return covers(windows, self.week)
        return self.week[1] > WEEK or touches(windows, self.week)

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


def first_pool(wish: Wish, wanted: int, max_offers: int, part: tuple[int, int] = EVERYONE) -> Nearby:
    """Those of the innermost ring who are free for the whole day: many needs share them, and loads even out.

    Of those, a replica that is one of several looks at its own `part` first: they do not reach for the same people.
    """
    start, end = wish.week[0] // HULL * HULL, -(-wish.week[1] // HULL) * HULL
    starts = wish.starts - (wish.week[0] - start) * 60
    ends = starts + (end - start) * 60
    area = ring_area(wish.area, rings_for(wish.area)[0])
    return _one(_kind(wanted)(
        *_cell(wish), area, wish.tags, starts, ends, (start, end), whole=False, max_offers=max_offers, part=part,
    ))  # fmt: skip


@lru_cache(maxsize=256)
def _one(query: Nearby) -> Nearby:
    """One object for all equal searches: a batch looks them up again and again, and identity is the quickest answer."""
    return query


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
