"""The residents who remain at a station that has closed without a successor: a step of its street centre.

Every decision after which a resident may have left such a station, or may have come back to it, has the station looked
at again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from pymongo.database import Database

from services.stations.network.domain import ClosedStationDue, Station, closed_key
from services.stations.network.handlers import LOOK_AGAIN, STATIONS
from services.stations.residents.domain import Resident
from services.stations.residents.policy import ResidentsPolicy
from shared.contracts.stations.network import ResidentsLeft, ResidentsPlaced
from shared.engine import TURN, Document, Get, HandlerTable, Handling, Incoming, Query, UnitOfWork
from shared.engine.reminders import AT_ONCE
from shared.people.storage import MAX_MILLIS


@dataclass(frozen=True)
class CaredForAt(Query[Resident]):
    """One of the residents in the care of a station, where there is any."""

    model = Resident
    limit: ClassVar[int] = 1
    station_id: str

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        residents = database[Resident.collection]
        found = (residents.find({"station_id": query.station_id, "state": "active"}) for query in queries)
        return [list(rows.limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Resident) -> bool:
        """Return whether the station cares for the resident."""
        return (entity.station_id, entity.state) == (self.station_id, "active")


def look_again(work: UnitOfWork, station_id: str) -> None:
    """Have the station looked at again, where it has closed. Needs its `Get`."""
    station = work.get(Station, station_id)
    if station is not None and station.state == "closed":
        again = ClosedStationDue(id=station.id, after=LOOK_AGAIN)
        work.remind(closed_key(station.id), work.now + AT_ONCE, again)


def follow_closed(message: Incoming[ClosedStationDue], residents_policy: ResidentsPolicy) -> Handling:
    """Give the street centre a step while residents remain at the closed station, and end it after the last."""
    station_id = message.data.id
    yield [Get(Station, station_id), CaredForAt(station_id)]
    work = yield TURN
    before = work.require(Station, station_id, "id")
    if before.state != "closed":
        return
    left = bool(work.find(CaredForAt(station_id)))
    if left and before.place_by is None:
        after = before.model_copy(update={"place_by": work.now + residents_policy.place_time})
        STATIONS.store(work, before, after, ResidentsLeft)
    elif not left and before.place_by is not None:
        STATIONS.store(work, before, before.model_copy(update={"place_by": None}), ResidentsPlaced)
    if message.data.after is not None:
        # A decision under way meanwhile, such as a registration, is found by a second look.
        work.remind(closed_key(station_id), work.now + message.data.after, ClosedStationDue(id=station_id))


HANDLERS: Final[HandlerTable] = {ClosedStationDue: follow_closed}
