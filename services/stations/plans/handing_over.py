"""The handover of the care plans of a station that has a successor: with their homes and the visits still to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Self

from pymongo import ASCENDING
from pymongo.database import Database

from services.stations.network.domain import Station
from services.stations.plans.domain.home import PlanCursor, PlanHome
from services.stations.plans.domain.occurrence import Occurrence
from services.stations.plans.domain.plan import Plan, closed_with_station
from services.stations.plans.homes import HOMES
from services.stations.plans.plain_plans import PLANS
from services.stations.plans.storage import MAX_MILLIS
from services.stations.plans.visits import OCCURRENCES, look_at_homes
from shared.contracts.stations.occurrences import OccurrenceHandedOver
from shared.contracts.stations.plan_homes import HomeHandedOver
from shared.contracts.stations.plans import PlanChanged, PlanEnded
from shared.engine import Document, Get, Load, Query, UnitOfWork

MOST_AT_ONCE: Final = 20
"""Plans, homes or visits that one step hands over."""
MOST_ENDED_AT_ONCE: Final = 2
"""Plans that one step ends: each has a timer set for every home, 200 at most."""


@dataclass(frozen=True)
class PlansOf(Query[Plan]):
    """The plans of a station that have not ended."""

    station_id: str
    model = Plan
    limit: ClassVar[int] = MOST_AT_ONCE

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        found = (
            database[Plan.collection].find({"station_id": q.station_id, "state": {"$ne": "ended"}}) for q in queries
        )
        return [list(rows.sort("_id", ASCENDING).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Plan) -> bool:
        """Return whether the plan is of that station, and has not ended."""
        return entity.station_id == self.station_id and entity.state != "ended"


@dataclass(frozen=True)
class HomesOf(Query[PlanHome]):
    """The homes of the plans of a station, also those that are visited no more: they may be visited again."""

    station_id: str
    model = PlanHome
    limit: ClassVar[int] = MOST_AT_ONCE

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        found = (database[PlanHome.collection].find({"station_id": q.station_id}) for q in queries)
        return [list(rows.sort("_id", ASCENDING).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: PlanHome) -> bool:
        """Return whether the home is of a plan of that station."""
        return entity.station_id == self.station_id


@dataclass(frozen=True)
class VisitsToCome(Query[Occurrence]):
    """The visits of a station that end after `since` (UTC), and the missed ones whose outcome nobody has stated."""

    station_id: str
    since: datetime
    model = Occurrence
    limit: ClassVar[int] = MOST_AT_ONCE

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        found = (database[Occurrence.collection].find(q.rule) for q in queries)
        return [list(rows.sort("_id", ASCENDING).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    @property
    def rule(self) -> Document:
        """The MongoDB rule of these visits; instants are stored as text, which sorts as they do."""
        since = self.since.isoformat().replace("+00:00", "Z")
        to_come: list[Document] = [{"ends_at": {"$gt": since}}, {"state": "missed", "outcome": None}]
        return {"station_id": self.station_id, "$or": to_come}

    def matches(self, entity: Occurrence) -> bool:
        """Return whether the visit is of that station, and still to come or to be settled."""
        unsettled = entity.state == "missed" and entity.outcome is None
        return entity.station_id == self.station_id and (unsettled or entity.ends_at > self.since)


def load_cursors(homes: Sequence[PlanHome]) -> list[Load]:
    """Return the loads of the progress of the visits to these homes."""
    return [Get(PlanCursor, home.id) for home in homes]


def hand_over_plans(work: UnitOfWork, station_id: str, successor: Station | None) -> bool:
    """Hand over the plans that `PlansOf` finds, or end them; return whether more may be left."""
    found = work.find(PlansOf(station_id))
    if successor is None:
        return _end_plans(work, found)
    for before in found:
        there = {"station_id": successor.id, "area": successor.area, "reminder": None}
        PLANS.store(work, before, before.model_copy(update=there), PlanChanged)
    return len(found) == PlansOf.limit


def _end_plans(work: UnitOfWork, found: Sequence[Plan]) -> bool:
    """End the first of the plans, which needs the load of their closed station, and have their visits called off."""
    for before in found[:MOST_ENDED_AT_ONCE]:
        station = work.require(Station, before.station_id, "station_id")
        after = closed_with_station(before, station, work.now)
        PLANS.store(work, before, after, PlanEnded)
        look_at_homes(work, after)
    return len(found) > MOST_ENDED_AT_ONCE


def hand_over_homes(work: UnitOfWork, station_id: str, loaded: Sequence[str], successor: Station) -> bool:
    """Hand over the loaded homes with the progress of their visits; return whether more may be left."""
    found = work.find(HomesOf(station_id))
    for before in found:
        if before.id not in loaded:
            continue
        there = {"station_id": successor.id, "area": successor.area}
        HOMES.store(work, before, before.model_copy(update=there), HomeHandedOver)
        if (cursor := work.get(PlanCursor, before.id)) is not None:
            work.put(cursor.model_copy(update={"area": successor.area}))
    return len(found) == HomesOf.limit


def hand_over_visits_to_come(work: UnitOfWork, search: VisitsToCome, successor: Station) -> bool:
    """Hand over the visits of the search; return whether more may be left."""
    found = work.find(search)
    for before in found:
        there = {"station_id": successor.id, "area": successor.area, "reminder": None}
        OCCURRENCES.store(work, before, before.model_copy(update=there), OccurrenceHandedOver)
    return len(found) == VisitsToCome.limit
