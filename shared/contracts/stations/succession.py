"""The succession of stations: one moves to another community or street of its city, or is merged into another.

Everything open at the old station goes on at its successor: in stations, and in each service that hears of the event.
"""

from typing import ClassVar

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.messages import EventData, Id, PublicName, Scope, command, event
from shared.contracts.plain import Action
from shared.contracts.stations.network import StationShape


@event
class StationMoved(StationShape, EventData):
    """A station goes on in another area, as its successor: open needs, stock and participants follow."""

    type: ClassVar[str] = "stations.station.moved"


@event
class StationMerged(StationShape, EventData):
    """A station was merged into another, its successor: open needs, stock and participants follow."""

    type: ClassVar[str] = "stations.station.merged"


@event
class StationTookOver(StationShape, EventData):
    """A station has taken over from another that was merged into it: `predecessor_id`."""

    type: ClassVar[str] = "stations.station.took_over"


@command
class MoveStation(Action):
    """Move a station to another community of its city, or a centre to another street. Answers StationShape.

    It ends as moved; a successor of the same name goes on there.
    """

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "MoveStation"
    permission: ClassVar[Permission] = "stations:manage"
    scope: ClassVar[Scope] = Scope(named=("area",), found=("id",))
    area: AreaCode = Field(description="The community, or the street, in which it goes on.")
    name: PublicName | None = Field(default=None, description="The name of the successor; null for the same.")


@command
class MergeStation(Action):
    """Merge a station into another of its level in the same city. Answers StationShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "MergeStation"
    permission: ClassVar[Permission] = "stations:manage"
    scope: ClassVar[Scope] = Scope(found=("id", "into_id"))
    into_id: Id = Field(description="The station that takes over: in a pilot or open.")
