"""The handover of needs: of one that is referred, and step by step of those of a station that has a successor."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, Self

from pymongo import ASCENDING

from services.stations.needs.announcing import announce, announce_change, escalate, remind
from services.stations.needs.domain.assessment import assessment_escalated
from services.stations.needs.domain.deadline import find_next_deadline
from services.stations.needs.domain.handover import OPEN, handed_over
from services.stations.needs.domain.named import NeedResidents
from services.stations.needs.domain.need import Need
from services.stations.needs.policy import NeedsPolicy
from services.stations.network.domain import Station, StationGone, gone_key
from shared.contracts.overdue_levels import LEVELS
from shared.contracts.stations.amending import HandoverReason, NeedAmended, NeedEdited, SuccessionReason
from shared.contracts.stations.assessing import AssessmentOverdue
from shared.engine import Document, Get, Load, Query, UnitOfWork
from shared.engine.reminders import AT_ONCE

if TYPE_CHECKING:
    from pymongo.database import Database

MAX_MILLIS: Final = 10_000
"""Milliseconds that the store may take over one search."""
SPAN: Final = 20_000
"""Needs of all stations that one step looks at: a city has millions, and a search has MAX_MILLIS."""


@dataclass(frozen=True)
class EndOfSpan(Query[Need]):
    """The last need of those that one step looks at: SPAN needs after `after`, in the order of their ids.

    None is found where fewer are left. A need that the batch has changed may end the span before.
    """

    after: str
    model = Need
    limit: ClassVar[int] = 1

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, by the index of ids."""
        needs = database[Need.collection]
        found = (needs.find({"_id": {"$gt": one.after}}).sort("_id", ASCENDING).skip(SPAN - 1) for one in queries)
        return [list(rows.limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Need) -> bool:
        """Return whether the need is still to come."""
        return entity.id > self.after


@dataclass(frozen=True)
class OpenNeedsOf(Query[Need]):
    """The open needs of a station whose ids come after `after`, up to `until` where that is set, in the order of the
    ids.

    The search walks the ids and not an index of stations: a succession is rare, and each need would pay for the index.
    The steps of one succession go on where the last one ended, so that they read the collection once.
    """

    station_id: str
    after: str
    until: str = ""
    model = Need
    limit: ClassVar[int] = 50

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        needs = database[Need.collection]
        is_open = {"$in": [*OPEN, None]}  # the state of a draft is the default, which is not stored
        found = (needs.find({"_id": one.ids, "station_id": one.station_id, "state": is_open}) for one in queries)
        return [list(rows.sort("_id", ASCENDING).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    @property
    def ids(self) -> Document:
        """The MongoDB rule of the ids."""
        return {"$gt": self.after} | ({"$lte": self.until} if self.until else {})

    def matches(self, entity: Need) -> bool:
        """Return whether the need is open, of that station, and within the span that is still to come."""
        within = entity.id > self.after and (not self.until or entity.id <= self.until)
        return within and entity.station_id == self.station_id and entity.state in OPEN


class OpenNeeds(NamedTuple):
    """The open needs of a station in one span: the search that finds them, and their ids as they were loaded."""

    search: OpenNeedsOf
    ids: frozenset[str]


def load_open_needs(station_id: str, after: str) -> Generator[Sequence[Load], UnitOfWork, OpenNeeds]:
    """Load the open needs of a station in the next span, with the lists of the residents whom they are about."""
    work = yield [EndOfSpan(after)]
    end = next(iter(work.find(EndOfSpan(after))), None)
    search = OpenNeedsOf(station_id, after, "" if end is None else end.id)
    work = yield [search]
    ids = [need.id for need in work.find(search)]
    yield [Get(NeedResidents, one) for one in ids]
    return OpenNeeds(search, frozenset(ids))


def hand_over_needs(
    work: UnitOfWork, needs: OpenNeeds, successor: Station, because: SuccessionReason, policy: NeedsPolicy
) -> str | None:
    """Hand over the loaded needs; return the id after which to go on, None where no more can follow.

    One that the batch has opened again meanwhile is left to the second pass.
    """
    found = work.find(needs.search)
    for before in found:
        if before.id in needs.ids:
            hand_over(work, before, successor, because, policy)
    return _go_on_after(needs.search, found)


def hand_over(work: UnitOfWork, need: Need, station: Station, because: HandoverReason, policy: NeedsPolicy) -> None:
    """Give the need to the station, in its area, and announce that; its deadlines stay, and remind that station.

    Needs the load of its `NeedResidents`, which go along: the list of a resident's needs goes by their areas.
    """
    if (people := work.get(NeedResidents, need.id)) is not None:
        work.put(people.model_copy(update={"area": station.area}))
    after = handed_over(need, station.id, station.area, because)
    stored = announce(work, after, need, policy, NeedEdited if need.state == "draft" else NeedAmended)
    remind(work, stored, find_next_deadline(stored, policy.periods) or stored.due)


def leave_needs(work: UnitOfWork, needs: OpenNeeds, policy: NeedsPolicy) -> str | None:
    """Remind the street centre of the overdue steps of which the closed station was reminded last; return the id
    after which to go on, None where no more can follow.
    """
    found = work.find(needs.search)
    for need in found:
        if need.overdue is not None and need.overdue.level == LEVELS[0][0]:
            escalate(work, need, need.overdue.was_due, policy)
        waits = need.assessment_due
        if waits is not None and waits.overdue is not None and waits.overdue.level == LEVELS[0][0]:
            before = work.require(Need, need.id, "id")
            after = assessment_escalated(before, work.now, policy.assessment_terms)
            announce_change(work, after, before, AssessmentOverdue)
    return _go_on_after(needs.search, found)


def _go_on_after(search: OpenNeedsOf, found: Sequence[Need]) -> str | None:
    return found[-1].id if len(found) == search.limit else search.until or None


def follow_station(work: UnitOfWork, need: Need) -> None:
    """Have a need that is open again follow its station, where that has a successor. Needs a `Get` of the station."""
    station = work.get(Station, need.station_id)
    if station is not None and station.successor_id is not None:
        work.remind(gone_key(station.id), work.now + AT_ONCE, StationGone(id=station.id))
