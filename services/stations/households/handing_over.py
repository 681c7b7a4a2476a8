"""The handover of the residents and the households of a station that has a successor, step by step."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from pymongo import ASCENDING
from pymongo.database import Database

from services.stations.households.domain import Household
from services.stations.households.handlers import HOUSEHOLDS
from services.stations.households.transfers import move_loads, move_resident
from services.stations.network.domain import Station
from services.stations.residents.domain import Resident
from services.stations.residents.handlers import person_loads
from shared.contracts.stations.households import HouseholdTransferred
from shared.engine import Document, Load, Query, UnitOfWork
from shared.people.storage import MAX_MILLIS

MOST_AT_ONCE: Final = 20
"""Residents, or households, that one step hands over: each resident comes with a record, relations and consents."""


@dataclass(frozen=True)
class ResidentsOf(Query[Resident]):
    """The residents of a station, also those whose care has ended or who were merged: the successor may reopen or part
    them. Nothing about an erased one is read any more.
    """

    station_id: str
    model = Resident
    limit: ClassVar[int] = MOST_AT_ONCE

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        found = (
            database[Resident.collection].find({"station_id": q.station_id, "state": {"$ne": "erased"}})
            for q in queries
        )
        return [list(rows.sort("_id", ASCENDING).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Resident) -> bool:
        """Return whether the resident is that station's, and was not erased."""
        return entity.station_id == self.station_id and entity.state != "erased"


@dataclass(frozen=True)
class HouseholdsOf(Query[Household]):
    """The households in the care of a station."""

    station_id: str
    model = Household
    limit: ClassVar[int] = MOST_AT_ONCE

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        found = (
            database[Household.collection].find({"station_id": q.station_id, "state": "standing"}) for q in queries
        )
        return [list(rows.sort("_id", ASCENDING).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Household) -> bool:
        """Return whether the household stands, in the care of that station."""
        return entity.station_id == self.station_id and entity.state == "standing"


def load_residents(station_id: str) -> Generator[Sequence[Load], UnitOfWork, list[str]]:
    """Load the residents that `ResidentsOf` finds, with all that goes with them; return their ids."""
    work = yield [ResidentsOf(station_id)]
    found = [one.id for one in work.find(ResidentsOf(station_id))]
    yield [load for one in found for load in (*person_loads(one, None), *move_loads(one))]
    return found


def hand_over_residents(work: UnitOfWork, station_id: str, loaded: Sequence[str], successor: Station) -> bool:
    """Hand over the loaded residents, those of a household as well; return whether more may be left."""
    found = work.find(ResidentsOf(station_id))
    there = {"station_id": successor.id, "area": successor.area}
    for before in found:
        if before.id in loaded:
            move_resident(work, before, before.model_copy(update=there))
    return len(found) == ResidentsOf.limit


def hand_over_households(work: UnitOfWork, station_id: str, successor: Station) -> bool:
    """Hand over the households that `HouseholdsOf` finds, their members go by themselves; return whether more may be
    left.
    """
    found = work.find(HouseholdsOf(station_id))
    there = {"station_id": successor.id, "area": successor.area}
    for before in found:
        HOUSEHOLDS.store(work, before, before.model_copy(update=there), HouseholdTransferred)
    return len(found) == HouseholdsOf.limit
