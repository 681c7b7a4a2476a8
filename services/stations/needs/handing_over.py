"""The handover of needs: of one that is referred, and step by step of those of a station that has a successor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Self

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
from shared.engine import Document, Get, Loading, Query, UnitOfWork
from shared.engine.reminders import AT_ONCE

if TYPE_CHECKING:
    from pymongo.database import Database

MAX_MILLIS: Final = 10_000
"""Milliseconds that the store may take over one search."""


@dataclass(frozen=True)
class OpenNeedsOf(Query[Need]):
    """The open needs of a station whose ids come after `after`, in the order of their ids.

    The search walks the ids and not an index of stations: a succession is rare, and each need would pay for the index.
    The steps of one succession go on where the last one ended, so that they read the collection once.
    """

    station_id: str
    after: str
    model = Need
    limit: ClassVar[int] = 50

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        needs = database[Need.collection]
        is_open = {"$in": [*OPEN, None]}  # the state of a draft is the default, which is not stored
        found = (
            needs.find({"_id": {"$gt": one.after}, "station_id": one.station_id, "state": is_open}) for one in queries
        )
        return [list(rows.sort("_id", ASCENDING).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Need) -> bool:
        """Return whether the need is open, of that station, and still to come."""
        return entity.id > self.after and entity.station_id == self.station_id and entity.state in OPEN


def load_open_needs(search: OpenNeedsOf) -> Loading:
    """Load the needs that the search finds, with the lists of the residents whom they are about."""
    work = yield [search]
    yield [Get(NeedResidents, need.id) for need in work.find(search)]


def hand_over_needs(
    work: UnitOfWork, search: OpenNeedsOf, successor: Station, because: SuccessionReason, policy: NeedsPolicy
) -> str | None:
    """Hand over the needs of the search; return the id of the last one, None where no more can follow."""
    found = work.find(search)
    for before in found:
        hand_over(work, before, successor, because, policy)
    return found[-1].id if len(found) == search.limit else None


def hand_over(work: UnitOfWork, need: Need, station: Station, because: HandoverReason, policy: NeedsPolicy) -> None:
    """Give the need to the station, in its area, and announce that; its deadlines stay, and remind that station.

    Needs the load of its `NeedResidents`, which go along: the list of a resident's needs goes by their areas.
    """
    if (people := work.get(NeedResidents, need.id)) is not None:
        work.put(people.model_copy(update={"area": station.area}))
    after = handed_over(need, station.id, station.area, because)
    stored = announce(work, after, need, policy, NeedEdited if need.state == "draft" else NeedAmended)
    remind(work, stored, find_next_deadline(stored, policy.periods) or stored.due)


def leave_needs(work: UnitOfWork, search: OpenNeedsOf, policy: NeedsPolicy) -> str | None:
    """Remind the street centre of the overdue steps of which the closed station was reminded last; return the id of the
    last need of the search, None where no more can follow.
    """
    found = work.find(search)
    for need in found:
        if need.overdue is not None and need.overdue.level == LEVELS[0][0]:
            escalate(work, need, need.overdue.was_due, policy)
        waits = need.assessment_due
        if waits is not None and waits.overdue is not None and waits.overdue.level == LEVELS[0][0]:
            before = work.require(Need, need.id, "id")
            after = assessment_escalated(before, work.now, policy.assessment_terms)
            announce_change(work, after, before, AssessmentOverdue)
    return found[-1].id if len(found) == search.limit else None


def follow_station(work: UnitOfWork, need: Need) -> None:
    """Have a need that is open again follow its station, where that has a successor. Needs a `Get` of the station."""
    station = work.get(Station, need.station_id)
    if station is not None and station.successor_id is not None:
        work.remind(gone_key(station.id), work.now + AT_ONCE, StationGone(id=station.id))
