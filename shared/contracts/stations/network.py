"""The two-level network (两级网络): social-work stations (社工站) and street centres (街道社工中心)."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.messages import (
    OPEN,
    Answer,
    EventData,
    Id,
    Instant,
    Name,
    PublicName,
    Query,
    Scope,
    command,
    event,
    query,
)
from shared.contracts.plain import Action, Creation, Shape

Level = Literal["station", "centre"]
StationState = Literal["open", "closed"]


class StationShape(Shape):
    """A station or a street centre. It is active while `open`: only then it takes in needs."""

    name: Name
    level: Annotated[Level, OPEN]
    state: Annotated[StationState, OPEN]
    opened_at: Instant
    closed_at: Instant | None = None


@event
class StationOpened(StationShape, EventData):
    """A social-work station (社工站) or a street centre (街道社工中心) was opened."""

    type: ClassVar[str] = "stations.station.opened"


@event
class StationClosed(StationShape, EventData):
    """It takes in no more needs; its community, or street, may be given another."""

    type: ClassVar[str] = "stations.station.closed"


@command
class OpenStation(Creation):
    """Open a station in a community, or a centre in a street, that has none. Answers StationShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "OpenStation"
    permission: ClassVar[Permission] = "stations:manage"
    scope: ClassVar[Scope] = Scope(named=("area",))
    area: AreaCode
    name: PublicName
    level: Level


@command
class CloseStation(Action):
    """Close a station. Its open needs go on; it takes in no new ones. Answers StationShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "CloseStation"
    permission: ClassVar[Permission] = "stations:manage"


class CoveredCommunity(Answer):
    """A community and its open station; None while it has none."""

    code: AreaCode
    name: str
    station_id: Id | None = None


class CoverageAnswer(Answer):
    """The coverage (覆盖) of an area: its communities in the register, those with an open station and those without.

    `items` are communities by code; `next` is the cursor of the next page, None on the last one.
    """

    communities: int
    established: int
    pending: int
    items: tuple[CoveredCommunity, ...]
    next: str | None = None


@query
class ReadCoverage(Query[CoverageAnswer]):
    """Count and list the communities of an area with and without an open station. An empty area is everywhere.

    `covered` lists only those with (true) or without (false) one; `after` is the `next` of the page before. Raises
    Refused("invalid", "unknown_area") for an area outside the register.
    """

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReadCoverage"
    area: Annotated[str, Field(max_length=12, pattern=r"^[0-9]*$")] = ""
    covered: bool | None = None
    after: AreaCode | None = None
    limit: int = Field(default=100, ge=1, le=500)
