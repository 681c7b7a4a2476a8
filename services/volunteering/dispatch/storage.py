"""The collections of dispatch, their indexes, and the queries of waiting and overdue staffings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import cos, radians
from typing import ClassVar, Final, Self

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from services.volunteering.dispatch.domain.dispatch_states import ASKED_AGAIN
from services.volunteering.dispatch.domain.freed import FreedVolunteer
from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.matching.domain.distances import METRES_A_DEGREE
from services.volunteering.matching.domain.scoring import MAX_METRES
from shared.contracts.priority_bands import BANDS, scores_of
from shared.engine import Query
from shared.engine.decide.schema import Document

IS_TEXT: Final[Document] = {"$type": "string"}
IS_DATE: Final[Document] = {"$type": "date"}
"""The filters of the partial indexes. A query has to repeat them: MongoDB does not see that a value has its type, and
would read every staffing ever made.
"""

INDEXES: Final[dict[str, list[IndexModel]]] = {
    "staffings": [
        # Partial, because nearly all staffings ever made are over: the indexes hold the few that are not.
        IndexModel(
            [("waiting_in", ASCENDING), ("score", DESCENDING), ("_id", ASCENDING)],
            name="waiting",
            partialFilterExpression={"waiting_in": IS_TEXT},
        ),
        IndexModel(
            [("waiting_in", ASCENDING), ("tags.0", ASCENDING), ("score", DESCENDING), ("_id", ASCENDING)],
            name="waiting_by_tag",
            partialFilterExpression={"waiting_in": IS_TEXT},
        ),
        IndexModel(
            [("watch_at", ASCENDING), ("_id", ASCENDING)],
            name="watched",
            partialFilterExpression={"watch_at": IS_DATE},
        ),
        IndexModel(
            [("series", ASCENDING), ("starts_at", DESCENDING)],
            name="series",
            partialFilterExpression={"series": IS_TEXT},
        ),
    ],
    "patrols": [],
}

MAX_MILLIS: Final = 5_000
"""The longest that the store may take over one query, in milliseconds."""
MOST_SUITED: Final = 200
"""Of so many waiting needs of a band that a volunteer suits the first are chosen."""
MOST_READ: Final = 2_000
"""Waiting needs that are read for one volunteer at most, where the windows of the week keep most of them out."""


@dataclass(frozen=True)
class EarlierVisits(Query[Staffing]):
    """The last six visits of a series that begin before an instant, the latest first."""

    model = Staffing
    limit: ClassVar[int] = 6

    series: str
    before: datetime

    @classmethod
    def fetch(cls, database: Database[Document], queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query: one find each."""
        return [query.find(database) for query in queries]

    def find(self, database: Database[Document]) -> list[Document]:
        """Return the staffings of the visits; the store may take 5,000 ms."""
        rule: Document = {"series": {"$eq": self.series, **IS_TEXT}, "starts_at": {"$lt": self.before}}
        rows = database[Staffing.collection].find(rule).sort("starts_at", DESCENDING).limit(self.limit)
        return list(rows.max_time_ms(MAX_MILLIS))

    def matches(self, entity: Staffing) -> bool:
        """Return whether the staffing is an earlier visit of the series."""
        return entity.series == self.series and entity.starts_at < self.before

    def rank(self, entity: Staffing) -> float:
        """Return the sort key: the latest come first."""
        return -entity.starts_at.timestamp()


@dataclass(frozen=True)
class WaitingForVolunteer(Query[Staffing]):
    """The staffings that lack people and that one volunteer suits, in the volunteer's order, 50 at most.

    The store leaves out all others by city, tags, place and slot before it counts.
    """

    model = Staffing
    limit: ClassVar[int] = 50

    freed: FreedVolunteer

    @classmethod
    def fetch(cls, database: Database[Document], queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query: one find each for the few fields that decide, then one for them all."""
        chosen = [query.choose(database) for query in queries]
        ids = list({staffing_id for those in chosen for staffing_id in those})
        rows = database[Staffing.collection].find({"_id": {"$in": ids}}).max_time_ms(MAX_MILLIS) if ids else ()
        found = {row["_id"]: row for row in rows}
        # One that was deleted in between is left out.
        return [[found[staffing_id] for staffing_id in those if staffing_id in found] for those in chosen]

    def choose(self, database: Database[Document]) -> list[str]:
        """Return the ids of the first in order; each find may take 5 s, one where no more than MOST_SUITED suit.

        Where more do, the first in order are among the oldest MOST_SUITED of each band of registration: of one such
        band those that are older rank before the younger ones, however far they have risen.
        """
        suited, whole = self._find_suited(database, self.rule, [("score", DESCENDING), ("_id", ASCENDING)])
        for band in () if whole else BANDS:
            # Each score by itself, so that the index gives the needs of all of them by age without a sort.
            of_band = {**self.rule, "score": {"$in": list(scores_of(band))}}
            suited |= self._find_suited(database, of_band, [("_id", ASCENDING)])[0]
        ordered = sorted(
            self.freed.rank(r["score"], r.get("waiting_since"), r["place"], r["_id"]) for r in suited.values()
        )
        return [staffing_id for _, _, staffing_id in ordered[: self.limit]]

    def _find_suited(
        self, database: Database[Document], rule: Document, order: list[tuple[str, int]]
    ) -> tuple[dict[str, Document], bool]:
        """Return by id the fields that decide of the first MOST_SUITED, and whether these are all."""
        rows = (
            database[Staffing.collection]
            .find(rule, dict.fromkeys(("tags", "place", "starts_at", "ends_at", "score", "waiting_since"), 1))
            .sort(order)
            # Named: the planner might sort the whole list of the city for it.
            .hint("waiting_by_tag")
            .limit(MOST_READ)
            .batch_size(MOST_SUITED)
            .max_time_ms(MAX_MILLIS)
        )
        read, fits, suited = 0, self.freed.suits, dict[str, Document]()
        for row in rows:
            read += 1
            if fits(row["tags"], row["place"], row["starts_at"], row["ends_at"]):
                suited[row["_id"]] = row
                if len(suited) == MOST_SUITED:
                    return suited, False
        return suited, read < MOST_READ

    @property
    def rule(self) -> Document:
        """The filter of MongoDB: all that decides but the week's windows, the square's corners, and reopenings."""
        freed, tags = self.freed, list(self.freed.tags)
        asked = {"volunteer_id": {"$in": list(freed.ids)}, "state": {"$nin": sorted(ASKED_AGAIN)}}
        rule: Document = {
            "waiting_in": {"$eq": freed.city, **IS_TEXT},
            # The volunteer has every tag of a need, so also its first: the index finds each need under that one.
            "tags.0": {"$in": tags},
            "tags": {"$not": {"$elemMatch": {"$nin": tags}}},
            # Of a reopened one only some dispatches count: `matches` tells them apart.
            "$or": [{"dispatches": {"$not": {"$elemMatch": asked}}}, {"asks_since": {"$gt": 0}}],
            **_square(freed.home),
        }
        if freed.bookings:
            slots = [(_instant(hold.starts), _instant(hold.ends)) for hold in freed.bookings]
            rule["$nor"] = [{"starts_at": {"$lt": ends}, "ends_at": {"$gt": starts}} for starts, ends in slots]
        return rule

    def matches(self, entity: Staffing) -> bool:
        """Return whether the staffing, as it stands now, lacks people and may ask this one."""
        return (
            entity.waiting_in == self.freed.city
            and self.freed.suits(entity.tags, entity.place, entity.starts_at, entity.ends_at)
            and all(
                d.volunteer_id not in self.freed.ids or d.state in ASKED_AGAIN
                for d in entity.since_opened(entity.dispatches)
            )
        )

    def rank(self, entity: Staffing) -> tuple[int, int, str]:
        """Return the place in the volunteer's order."""
        return self.freed.rank(entity.score, entity.waiting_since, entity.place, entity.id)


def _square(home: tuple[float, float]) -> Document:
    """Return the filter of the square around the home that holds everything within MAX_METRES."""
    north = MAX_METRES / METRES_A_DEGREE
    east = north / max(cos(radians(home[1])), 0.01)
    return {
        f"place.{axis}": {"$gte": home[axis] - reach, "$lte": home[axis] + reach}
        for axis, reach in ((0, east), (1, north))
    }


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


@dataclass(frozen=True)
class OverdueStaffings(Query[Staffing]):
    """The staffings whose recheck was due by `before`, the longest overdue first, 200 at most.

    `after` is the instant and id of the last one of the page before; None begins with the longest overdue.
    """

    model = Staffing
    limit: ClassVar[int] = 200

    before: datetime
    after: tuple[datetime, str] | None = None

    @classmethod
    def fetch(cls, database: Database[Document], queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, read through the partial index of `watch_at`."""
        return [
            list(
                database[Staffing.collection]
                .find(query.rule)
                .sort([("watch_at", ASCENDING), ("_id", ASCENDING)])
                .limit(cls.limit)
                .max_time_ms(MAX_MILLIS)
            )
            for query in queries
        ]

    @property
    def rule(self) -> Document:
        """The filter of MongoDB."""
        overdue: Document = {"watch_at": {"$lte": self.before, **IS_DATE}}
        if self.after is None:
            return overdue
        at, last = self.after
        return {**overdue, "$or": [{"watch_at": at, "_id": {"$gt": last}}, {"watch_at": {"$gt": at}}]}

    def matches(self, entity: Staffing) -> bool:
        """Return whether the staffing, as it stands now, is overdue and comes after the page before."""
        if entity.watch_at is None or entity.watch_at > self.before:
            return False
        return self.after is None or (entity.watch_at, entity.id) > self.after

    def rank(self, entity: Staffing) -> float:
        """Return the instant at which it was due: the longest overdue come first."""
        return entity.watch_at.timestamp() if entity.watch_at else 0.0
