"""The two-level network (两级网络): social-work stations (社工站) and street centres (街道社工中心)."""

from typing import Annotated, ClassVar, Literal

from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.messages import OPEN, Answer, Command, EventData, ExternalId, Id, Name, Scope, command, event

Level = Literal["station", "centre"]


@event
class StationOpened(EventData):
    """A social-work station (社工站) or a street centre (街道社工中心) stands."""

    type: ClassVar[str] = "stations.station.opened"
    station_id: Id
    area: AreaCode
    name: Name
    level: Annotated[Level, OPEN]


@command
class OpenStation(Command):
    """Open a station in a community or a centre in a street. Answers {id, version, area, name, level}."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "OpenStation"
    permission: ClassVar[Permission] = "stations:manage"
    scope: ClassVar[Scope] = Scope(named=("area",))
    area: AreaCode
    name: Name
    level: Level
    external_id: ExternalId | None = None


class StationAnswer(Answer):
    """A station or a street centre as its owner answers."""

    id: Id
    version: int
    area: AreaCode
    name: Name
    level: Annotated[Level, OPEN]
