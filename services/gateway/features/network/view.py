"""Stations and street centres as lists show them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Final

from pymongo import IndexModel

from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.view import View, index_by, instant, put_newest
from shared.contracts.messages import OPEN
from shared.contracts.stations.network import Level, StationOpened
from shared.engine import Get, Incoming, Load, UnitOfWork


class StationView(View):
    """A station or a street centre."""

    collection: ClassVar[str] = "stations"
    area: str
    name: str
    level: Annotated[Level, OPEN]
    opened_at: str


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {StationView.collection: [index_by("area")]}


def load_station(data: StationOpened) -> Sequence[Load]:
    """Return the load of the station's view."""
    return [Get(StationView, data.station_id)]


def show_station(work: UnitOfWork, message: Incoming[StationOpened]) -> None:
    """Show the station that was opened."""
    data = message.data
    view = StationView(
        id=data.station_id,
        seen=message.version,
        area=data.area,
        name=data.name,
        level=data.level,
        opened_at=instant(message),
    )
    put_newest(work, view)


PROJECTIONS: Final[ProjectionTable] = {StationOpened: Projection(load_station, show_station)}
