"""The handover of the visits and of the open findings of a station that has a successor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Self

from pymongo import ASCENDING

from services.stations.network.domain import Station
from services.stations.supervision.domain import Finding, Visit
from services.stations.supervision.handlers import FINDINGS, VISITS
from shared.contracts.stations.supervision import FindingHandedOver, VisitHandedOver
from shared.engine import Document, Query, UnitOfWork

if TYPE_CHECKING:
    from pymongo.database import Database

MOST_AT_ONCE: Final = 50
"""Visits, or findings, that one step hands over."""
MAX_MILLIS: Final = 10_000
"""Milliseconds that the store may take over one search."""


@dataclass(frozen=True)
class VisitsOf(Query[Visit]):
    """The visits that are recorded of a station."""

    station_id: str
    model = Visit
    limit: ClassVar[int] = MOST_AT_ONCE

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        found = (database[Visit.collection].find({"station_id": q.station_id, "state": "recorded"}) for q in queries)
        return [list(rows.sort("_id", ASCENDING).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Visit) -> bool:
        """Return whether the visit is recorded of that station."""
        return entity.station_id == self.station_id and entity.state == "recorded"


@dataclass(frozen=True)
class FindingsOf(Query[Finding]):
    """The findings of a station that are to be corrected or checked."""

    station_id: str
    model = Finding
    limit: ClassVar[int] = MOST_AT_ONCE

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        findings = database[Finding.collection]
        found = (findings.find({"station_id": q.station_id, "state": {"$in": ["open", "corrected"]}}) for q in queries)
        return [list(rows.sort("_id", ASCENDING).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Finding) -> bool:
        """Return whether the finding is of that station, and not settled."""
        return entity.station_id == self.station_id and entity.state in {"open", "corrected"}


def hand_over_visits(work: UnitOfWork, station_id: str, successor: Station) -> bool:
    """Hand over the visits that `VisitsOf` finds; return whether more may be left."""
    found = work.find(VisitsOf(station_id))
    for before in found:
        there = {"station_id": successor.id, "area": successor.area}
        VISITS.store(work, before, before.model_copy(update=there), VisitHandedOver)
    return len(found) == VisitsOf.limit


def hand_over_findings(work: UnitOfWork, station_id: str, successor: Station) -> bool:
    """Hand over the findings that `FindingsOf` finds, their reminders begin again; return whether more may be left."""
    found = work.find(FindingsOf(station_id))
    for before in found:
        there = {"station_id": successor.id, "area": successor.area, "reminder": None}
        FINDINGS.store(work, before, before.model_copy(update=there), FindingHandedOver)
    return len(found) == FindingsOf.limit
