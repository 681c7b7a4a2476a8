"""The two-level network (两级网络): social-work stations (社工站) and street centres (街道社工中心)."""

from datetime import date
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.messages import (
    OPEN,
    Answer,
    EventData,
    Id,
    Instant,
    Message,
    Name,
    PublicName,
    Query,
    Scope,
    command,
    event,
    query,
)
from shared.contracts.plain import Action, Creation, Reminder, Shape
from shared.contracts.refusals import broken_rule

Level = Literal["station", "centre"]
Stage = Literal["planned", "pilot", "open"]
"""The stages of an opening: planned 筹建, pilot 试点, open 正式运行."""
StationState = Literal["planned", "pilot", "open", "moved", "merged", "closed"]
StationFunction = Literal["donation_point", "volunteer_point", "assistance_desk"]
"""The functions of a station with several in one (多站合一): 捐赠站点, 志愿服务站点, 求助点."""
MOST_FUNCTIONS: Final = 3


class StationShape(Shape):
    """A station or a street centre. It takes in needs in a pilot and while `open`.

    One station, one brand, one feature (一站一品牌一特色): both are public names. `opened_at` is the instant at which
    it began to take in needs, None while it is planned.
    """

    name: Name
    level: Annotated[Level, OPEN]
    state: Annotated[StationState, OPEN]
    opened_at: Instant | None = None
    closed_at: Instant | None = None
    functions: tuple[Annotated[StationFunction, OPEN], ...] = Field(
        default=(), max_length=10, description="The functions that it has beside social work."
    )
    brand: Name | None = Field(default=None, description="The name under which its services are known.")
    feature: Name | None = Field(default=None, description="The field in which it is special.")
    opens_on: date | None = Field(default=None, description="The day for which its opening is planned.")
    pilot_until: date | None = Field(default=None, description="The last day of its pilot.")
    reminder: Reminder | None = None
    successor_id: Id | None = Field(default=None, description="The station that goes on for it; null without one.")
    successor_area: AreaCode | None = Field(default=None, description="The area of its successor.")
    predecessor_id: Id | None = Field(default=None, description="The station from which it took over last.")
    place_by: Instant | None = Field(
        default=None, description="When the residents left at it, closed without a successor, are to be elsewhere."
    )

    @property
    def own_station_id(self) -> str | None:
        """The station itself."""
        return self.id


@event
class StationPlanned(StationShape, EventData):
    """A station or a street centre will open on a day; it takes in no needs yet."""

    type: ClassVar[str] = "stations.station.planned"


@event
class PilotBegun(StationShape, EventData):
    """A station or a street centre takes in needs in a pilot, until a day."""

    type: ClassVar[str] = "stations.station.pilot_begun"


@event
class StationOpened(StationShape, EventData):
    """A social-work station (社工站) or a street centre (街道社工中心) was opened."""

    type: ClassVar[str] = "stations.station.opened"
    opened_at: Instant


@event
class StationChanged(StationShape, EventData):
    """Its name, its functions, its brand or its feature have changed."""

    type: ClassVar[str] = "stations.station.changed"


@event
class StationRescheduled(StationShape, EventData):
    """Its opening is planned for another day, or its pilot lasts until another."""

    type: ClassVar[str] = "stations.station.rescheduled"


@event
class OpeningOverdue(StationShape, EventData):
    """Its opening, the end of its pilot, or the placing of residents who were left at it is overdue: the next level is
    reminded.
    """

    type: ClassVar[str] = "stations.station.opening_overdue"


@event
class StationClosed(StationShape, EventData):
    """It takes in no more needs; its community, or street, may be given another."""

    type: ClassVar[str] = "stations.station.closed"
    opened_at: Instant


@event
class ResidentsLeft(StationShape, EventData):
    """It was closed without a successor while residents were in its care: its street centre finds them a station."""

    type: ClassVar[str] = "stations.station.residents_left"


@event
class ResidentsPlaced(StationShape, EventData):
    """No resident is left in the care of the closed station."""

    type: ClassVar[str] = "stations.station.residents_placed"


@event
class PlanDropped(StationShape, EventData):
    """A planned station will not open; its community, or street, may be given another."""

    type: ClassVar[str] = "stations.station.plan_dropped"


class _Particulars(Message):
    name: PublicName
    functions: tuple[StationFunction, ...] = Field(
        default=(), max_length=MOST_FUNCTIONS, description="The functions that it has beside social work."
    )
    brand: PublicName | None = Field(default=None, description="The name under which its services are known.")
    feature: PublicName | None = Field(default=None, description="The field in which it is special.")


@command
class OpenStation(_Particulars, Creation):
    """Open or plan a station in a community, or a centre in a street, that has none. Answers StationShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "OpenStation"
    permission: ClassVar[Permission] = "stations:manage"
    scope: ClassVar[Scope] = Scope(named=("area",))
    area: AreaCode
    level: Level
    stage: Stage = Field(default="open", description="The stage in which it begins.")
    opens_on: date | None = Field(
        default=None,
        description="The day for which the opening of a planned one is planned: five years ahead at most.",
    )
    pilot_until: date | None = Field(
        default=None, description="The last day of its pilot: of a pilot alone. A year ahead where it is not given."
    )

    @model_validator(mode="after")
    def _dates_fit_the_stage(self) -> Self:
        if self.stage == "planned" and self.opens_on is None:
            raise broken_rule("planned_without_day", field="opens_on")
        if self.stage != "planned" and self.opens_on is not None:
            raise broken_rule("day_of_another_stage", field="opens_on", stage="planned")
        if self.stage != "pilot" and self.pilot_until is not None:
            raise broken_rule("day_of_another_stage", field="pilot_until", stage="pilot")
        return self


@command
class ChangeStation(_Particulars, Action):
    """Replace the name, the functions, the brand and the feature of a station. Answers StationShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ChangeStation"
    permission: ClassVar[Permission] = "stations:manage"


@command
class RescheduleStation(Action):
    """Plan the opening of a station for another day, or let its pilot last until another. Answers StationShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RescheduleStation"
    permission: ClassVar[Permission] = "stations:manage"
    day: date = Field(description="The day of the opening, or the last one of the pilot: today or later.")


@command
class BeginPilot(Action):
    """Let a planned station take in needs in a pilot. Answers StationShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "BeginPilot"
    permission: ClassVar[Permission] = "stations:manage"
    pilot_until: date | None = Field(
        default=None, description="The last day of its pilot. A year ahead where it is not given."
    )


@command
class OpenInFull(Action):
    """Open a planned station, or one in a pilot, in full. Answers StationShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "OpenInFull"
    permission: ClassVar[Permission] = "stations:manage"


@command
class CloseStation(Action):
    """Close a station, or drop its plan. Its open needs go on; it takes in no new ones. Answers StationShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "CloseStation"
    permission: ClassVar[Permission] = "stations:manage"


class CoveredCommunity(Answer):
    """A community and its station in a pilot or open; None while it has none.

    `stage` is that of its station, `planned_id` the id of the one that is planned; both None without one.
    """

    code: AreaCode
    name: str
    station_id: Id | None = None
    planned_id: Id | None = None
    stage: Annotated[Stage, OPEN] | None = None


class CoverageAnswer(Answer):
    """The coverage (覆盖) of an area: its communities in the register, those with a station and those without.

    `established` are those with a station that takes in needs, in a `pilot` or `open`; `pending` all others, those with
    a `planned` one among them. `items` are communities by code; `next` is the cursor of the next page, None on the last
    one.
    """

    communities: int
    established: int
    pending: int
    planned: int = 0
    pilot: int = 0
    open: int = 0
    items: tuple[CoveredCommunity, ...]
    next: str | None = None


@query
class ReadCoverage(Query[CoverageAnswer]):
    """Count and list the communities of an area with and without a station. An empty area is everywhere.

    `covered` lists only those with (true) or without (false) one; `after` is the `next` of the page before. Raises
    Refused("invalid", "unknown_area") for an area outside the register.
    """

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReadCoverage"
    area: Annotated[str, Field(max_length=12, pattern=r"^[0-9]*$")] = ""
    covered: bool | None = None
    after: AreaCode | None = None
    limit: int = Field(default=100, ge=1, le=500)
