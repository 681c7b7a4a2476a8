"""The collection `volunteers`, its indexes, and the searches of the nearest volunteers through them.

The documents are found by two compound 2dsphere indexes: `{tags, area, home}` for community, street and district, and
`{tags, home}` for a whole city.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from math import cos, hypot, radians
from typing import ClassVar, Final, Self

from pymongo import ASCENDING, GEOSPHERE, IndexModel
from pymongo.database import Database

from services.volunteering.matching.domain.asks import NEVER_ASKED, NO_LIMITS, AskLimits
from services.volunteering.matching.domain.availability import WEEK, Windows, covers, touches
from services.volunteering.matching.domain.distances import METRES_A_DEGREE
from services.volunteering.matching.domain.scoring import MAX_METRES
from services.volunteering.matching.domain.volunteers import Hold, Volunteer, is_free
from services.volunteering.matching.tag_rarity import MAX_MILLIS, sort_by_rarity
from shared.contracts.areas import CITY_DIGITS, COMMUNITY_DIGITS
from shared.engine import Query
from shared.engine.decide.schema import Document
from shared.engine.decide.unit_of_work import ID_CHARACTERS

INDEXES: Final[dict[str, list[IndexModel]]] = {
    "volunteers": [
        IndexModel([("tags", ASCENDING), ("area", ASCENDING), ("home", GEOSPHERE)], name="tag_area_home"),
        IndexModel([("tags", ASCENDING), ("home", GEOSPHERE)], name="tag_home"),
        IndexModel([("tags", ASCENDING)], name="tag"),
    ],
}

SHARED: Final = 5
"""A find that serves several slots of one place reads so many times a pool."""
SHARED_MOST: Final = 160
"""The most that such a find reads: a large pool has enough to choose from."""

EVERYONE: Final = (0, 1)
"""The part that is the whole: part 0 of 1."""
_FARTHEST: Final = MAX_METRES / METRES_A_DEGREE


@dataclass(frozen=True)
class NearestVolunteers(Query[Volunteer]):
    """The volunteers of an area with all of `tags` whose homes are nearest to a point, WGS 84 degrees.

    Equal instances are asked once a batch, so the instance is the group of needs that share a pool. Without a
    slot (`ends` 0) everybody counts; otherwise only people free from `starts` to `ends`, seconds since 1970, whose
    windows fit, without the ids in `excluded`.
    """

    model = Volunteer

    lon: float
    lat: float
    area: str
    tags: tuple[str, ...]
    starts: int = 0
    ends: int = 0
    week: tuple[int, int] | None = None
    """The slot in minutes of the week; None leaves the windows out of account."""
    whole: bool = False
    """Whether the slot has to lie in the windows as a whole, or only to touch them."""
    limits: AskLimits = NO_LIMITS
    """The bounds of asking one volunteer, for a search with a slot."""
    excluded: tuple[str, ...] = ()
    standing: bool = False
    """Whether only standing acceptance counts: people confirmed without being asked."""
    part: tuple[int, int] = EVERYONE
    """(index from 0, number of parts): the last characters of their ids divide people evenly and for good."""
    born: tuple[int, int] | None = None
    """The first and the last year of birth, both included; None leaves the age out of account."""

    @classmethod
    def fetch(cls, database: Database[Document], queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query: one find for all slots of a group, where that brings enough.

        Where too few of the nearest people are free, the slot has a find of its own.
        """
        groups: dict[Self, list[Self]] = {}
        for query in queries:
            groups.setdefault(query.without_slot(), []).append(query)
        found: dict[Self, list[Document]] = {}
        for group, members in groups.items():
            found |= cls._find_together(database, group, members) if len(members) > 1 else {}
        return [found[query] if query in found else query.find(database, cls.limit) for query in queries]

    @classmethod
    def _find_together(
        cls, database: Database[Document], group: Self, members: Sequence[Self]
    ) -> dict[Self, list[Document]]:
        most = max(cls.limit, min(SHARED * cls.limit, SHARED_MOST))
        nearest = group.find(database, most)
        answered = {}
        for query in members:
            free = list(islice((person for person in nearest if query.is_open_to(person)), cls.limit))
            # The nearest people hold the nearest free people, if these fill the pool or nobody else is left. With
            # fewer, somebody farther away would be overlooked: such a slot is left to its own find.
            if len(free) == cls.limit or len(nearest) < most:
                answered[query] = free
        return answered

    def is_open_to(self, stored: Document) -> bool:
        """Return whether the stored volunteer, known to fit in all else, is free in the slot and could come."""
        return not self.ends or self._is_free(
            stored.get("bookings", ()),
            stored.get("windows", ()),
            stored.get("standing", False)
            or self.limits.allow(len(stored.get("offers", ())), stored.get("asked", NEVER_ASKED)),
        )

    # The engine looks a query up several times a message; the generated hash would walk twelve fields each time.
    @cached_property
    def _hash(self) -> int:
        # The fields left out hardly ever differ where these are equal, and equality decides anyway.
        return hash((self.lon, self.lat, self.area, self.tags, self.starts, self.ends, self.excluded, self.part))

    def __hash__(self) -> int:
        return self._hash

    def without_slot(self) -> Self:
        """Return the same search for any time: the group of the searches that one find can serve."""
        return replace(self, starts=0, ends=0, week=None, whole=False)

    def find(self, database: Database[Document], limit: int) -> list[Document]:
        """Return the `limit` nearest of them; the store may take 5,000 ms.

        `find` with `$nearSphere` stops at its limit. `$geoNear` in a pipeline reads the whole radius before it stops:
        26 ms instead of 1.2 ms among 260,000 volunteers.
        See https://www.mongodb.com/docs/manual/reference/operator/query/nearSphere/.
        """
        return list(
            database[Volunteer.collection]
            .find(self.rule(database))
            # Named, because the planner tries its indexes side by side and may remember the wrong one. In a whole city
            # the area excludes hardly anybody, and as a range it splits the index scan: that index leaves it out.
            .hint("tag_home" if len(self.area) <= CITY_DIGITS else "tag_area_home")
            .limit(limit)
            # One batch, so that no second round trip follows.
            .batch_size(limit)
            .max_time_ms(MAX_MILLIS)
        )

    def rule(self, database: Database[Document]) -> Document:
        """Return the filter of MongoDB, with the rarest tag first."""
        # MongoDB takes the index bounds from the first element of `$all`; the others are compared on the documents that
        # the scan brings. So the rarest tag bounds the scan.
        first, *others = sort_by_rarity(database, self.tags)
        point = {"type": "Point", "coordinates": [self.lon, self.lat]}
        rule: Document = {
            "tags": {"$all": [first, *others]} if others else first,
            "home": {"$nearSphere": {"$geometry": point, "$maxDistance": MAX_METRES}},
            # No area lies below a community: equality keeps its index scan to one range.
            "area": self.area if len(self.area) == COMMUNITY_DIGITS else {"$gte": self.area, "$lt": f"{self.area}~"},
        }
        if self.standing:
            rule["standing"] = True
        if self.born is not None:
            rule["birth_year"] = {"$gte": self.born[0], "$lte": self.born[1]}
        if self.excluded:
            rule["_id"] = {"$nin": list(self.excluded)}
        if self.part != EVERYONE:
            rule["_id"] = {"$regex": f"[{self._last_characters()}]$", **rule.get("_id", {})}
        if self.ends:
            overlap = {"1": {"$lt": self.ends}, "2": {"$gt": self.starts}}
            rule["bookings"] = {"$not": {"$elemMatch": overlap}}
            rule["$and"] = [*self._window_rule(), self._offer_rule()]
        return rule

    def _window_rule(self) -> list[Document]:
        if self.week is None or self.week[1] > WEEK:  # over Sunday night: `matches` decides
            return []
        start, end = self.week
        window = {"0": {"$lte": start}, "1": {"$gte": end}} if self.whole else {"0": {"$lt": end}, "1": {"$gt": start}}
        return [{"$or": [{"windows": []}, {"windows": {"$elemMatch": window}}]}]

    def _offer_rule(self) -> Document:
        # An array has fewer than n elements where its element n - 1 does not exist: `$size` knows only equality.
        few_open = {f"offers.{self.limits.open_offers - 1}": {"$exists": False}}
        # Volunteers of release 0.2 have no `asked`: `$ne` is true of a field that is not there.
        few_this_week = [{"asked.0": {"$ne": self.limits.week}}, {"asked.1": {"$lt": self.limits.weekly}}]
        return {"$or": [{"standing": True}, {**few_open, "$or": few_this_week}]}

    def matches(self, entity: Volunteer) -> bool:
        """Return whether the volunteer, as it stands now, fits the same rule."""
        # The slot comes first: within a batch, bookings are by far the most frequent reason against somebody.
        if self.ends and not self._is_free(
            entity.bookings,
            entity.windows,
            entity.standing or self.limits.allow(len(entity.offers), entity.asked),
        ):
            return False
        if (self.part != EVERYONE and entity.id[-1] not in self._last_characters()) or entity.id in self.excluded:
            return False
        if not entity.area.startswith(self.area) or self.standing > entity.standing:
            return False
        if self.born is not None and not (entity.birth_year and self.born[0] <= entity.birth_year <= self.born[1]):
            return False
        for tag in self.tags:
            if tag not in entity.tags:
                return False
        return self.rank(entity) <= _FARTHEST

    def _is_free(self, bookings: Iterable[Hold], windows: Windows, askable: bool) -> bool:
        return askable and is_free(bookings, self.starts, self.ends) and (not windows or self._fits(windows))

    def _last_characters(self) -> str:
        index, count = self.part
        return ID_CHARACTERS[index % len(ID_CHARACTERS) :: count]

    def _fits(self, windows: Windows) -> bool:
        if self.week is None:
            return True
        if self.whole:
            return covers(windows, self.week)
        return self.week[1] > WEEK or touches(windows, self.week)

    def rank(self, entity: Volunteer) -> float:
        """Return the distance to the point in degrees of latitude: the nearest come first."""
        # The plane instead of the sphere: this runs for every candidate, and within a city they hardly differ.
        east, north = entity.home
        return hypot((east - self.lon) * cos(radians(self.lat)), north - self.lat)


class NearestFew(NearestVolunteers):
    """The first pool of a need for one or two people."""

    limit: ClassVar[int] = 12


class NearestSome(NearestVolunteers):
    """The first pool of a need for some people."""

    limit: ClassVar[int] = 32


class NearestMany(NearestVolunteers):
    """For a need for many, and where needs of the same place have used up a smaller pool in one batch."""

    limit: ClassVar[int] = 256


class SkilledVolunteers(NearestVolunteers):
    """The volunteers with the tags, free or not: they explain why nobody was found (L6)."""

    limit: ClassVar[int] = 64
