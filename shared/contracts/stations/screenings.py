"""Screenings (筛查) of people in the care of a station: planned, held, ended.

A screening holds codes, numbers and times. The results are in `results.py`.
"""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.contracts.access.permissions import Permission
from shared.contracts.catalogue.entries import Code
from shared.contracts.messages import OPEN, EventData, Id, Instant, Label, Scope, command, event
from shared.contracts.plain import Action, Creation, Reminder, Shape
from shared.contracts.refusals import broken_rule

ScreeningState = Literal["planned", "running", "ended", "cancelled"]
"""已计划, 进行中, 已结束, 已取消."""
ScreeningCancellation = Literal["not_needed", "no_staff", "bad_weather", "planned_by_mistake"]
"""不再需要, 人手不足, 天气原因, 误计划: why a screening is not held."""
ScreeningCancelledFor = Literal[ScreeningCancellation, "station_closed"]
"""Also: 社工站已关闭."""
MOST_INDICATORS: Final = 30
MOST_GROUPS: Final = 20
MOST_PEOPLE: Final = 100_000
READ: Final[Permission] = "screening:read"
MANAGE: Final[Permission] = "screening:manage"
RECORD: Final[Permission] = "screening:record"

_EXPECTED: Final = "The number of people whom the station expects."
_STARTS: Final = "When the screening begins, as it is planned."
_ENDS: Final = "When the screening ends, as it is planned: at most a year ahead."


_PLACES: Final = (
    "Everywhere, in the province, the city, the district, the street and the community of the screening: as many "
    "numbers as the code of its area has levels, and one."
)
_Places = Annotated[tuple[int, ...], Field(max_length=6, description=_PLACES)]


class NewPeople(BaseModel):
    """The people of a screening without those whom another one counts in the same place and period, by the period
    around the day on which it began: so the sum over screenings is the number of people, each once.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    day: _Places = ()
    week: _Places = ()
    month: _Places = ()
    quarter: _Places = ()
    year: _Places = ()


class ScreeningShape(Shape):
    """A screening by a station. `area` is that of the station, in which the people live.

    `examined` counts the people with a result, `results` their values, each once however often it was corrected,
    `watch`, `high` and `critical` the crossings by severity.
    """

    station_id: Id
    groups: tuple[Code, ...] = Field(default=(), max_length=MOST_GROUPS, description="The groups that are invited.")
    indicators: tuple[Code, ...] = Field(max_length=MOST_INDICATORS, description="The indicators that are measured.")
    expected: int = Field(description=_EXPECTED)
    starts_at: Instant = Field(description=_STARTS)
    ends_at: Instant = Field(description=_ENDS)
    state: Annotated[ScreeningState, OPEN]
    examined: int = Field(default=0, description="The number of people with a result.")
    results: int = Field(default=0, description="The number of values recorded; one that was corrected counts once.")
    watch: int = Field(default=0, description="Crossings of severity watch.")
    high: int = Field(default=0, description="Crossings of severity high.")
    critical: int = Field(default=0, description="Crossings of severity critical.")
    began_at: Instant | None = Field(default=None, description="When it began; null until then.")
    ended_at: Instant | None = Field(default=None, description="When it ended; null until then.")
    reason: Annotated[ScreeningCancelledFor, OPEN] | None = Field(default=None, description="Why it was cancelled.")
    reminder: Reminder | None = None
    new_people: NewPeople | None = Field(default=None, description="Null where it counts nobody.")


@event
class ScreeningPlanned(ScreeningShape, EventData):
    """A station plans a screening."""

    type: ClassVar[str] = "stations.screening.planned"


@event
class ScreeningRescheduled(ScreeningShape, EventData):
    """A screening is held at another time."""

    type: ClassVar[str] = "stations.screening.rescheduled"


@event
class ScreeningBegun(ScreeningShape, EventData):
    """A screening has begun: results are recorded."""

    type: ClassVar[str] = "stations.screening.begun"


@event
class ScreeningProgressed(ScreeningShape, EventData):
    """Results of one person were recorded; the event counts them, and holds neither person nor value."""

    type: ClassVar[str] = "stations.screening.progressed"


@event
class ScreeningEnded(ScreeningShape, EventData):
    """A screening has ended."""

    type: ClassVar[str] = "stations.screening.ended"


@event
class ScreeningCancelled(ScreeningShape, EventData):
    """A screening is not held."""

    type: ClassVar[str] = "stations.screening.cancelled"


@event
class ScreeningHandedOver(ScreeningShape, EventData):
    """A screening goes on at the station that stands for the one that has ended."""

    type: ClassVar[str] = "stations.screening.handed_over"


@event
class ScreeningOverdue(ScreeningShape, EventData):
    """The beginning or the end of a screening is overdue, and the next level is reminded."""

    type: ClassVar[str] = "stations.screening.overdue"


@command
class PlanScreening(Creation):
    """Plan a screening by a station. Answers ScreeningShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "PlanScreening"
    permission: ClassVar[Permission] = MANAGE
    scope: ClassVar[Scope] = Scope(found=("station_id",))
    station_id: Id
    groups: tuple[Label, ...] = Field(default=(), max_length=MOST_GROUPS, description="The groups that are invited.")
    indicators: tuple[Code, ...] = Field(
        min_length=1,
        max_length=MOST_INDICATORS,
        description="The indicators that are measured; in force there.",
    )
    expected: int = Field(strict=True, ge=1, le=MOST_PEOPLE, description=_EXPECTED)
    starts_at: Instant = Field(description=_STARTS)
    ends_at: Instant = Field(description=_ENDS)

    @model_validator(mode="after")
    def _ends_later(self) -> "PlanScreening":
        if self.ends_at <= self.starts_at:
            raise broken_rule("end_not_after_start", field="ends_at", start="starts_at")
        return self


@command
class RescheduleScreening(Action):
    """Hold a planned screening at another time. Answers ScreeningShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RescheduleScreening"
    permission: ClassVar[Permission] = MANAGE
    starts_at: Instant = Field(description=_STARTS)
    ends_at: Instant = Field(description=_ENDS)

    @model_validator(mode="after")
    def _ends_later(self) -> "RescheduleScreening":
        if self.ends_at <= self.starts_at:
            raise broken_rule("end_not_after_start", field="ends_at", start="starts_at")
        return self


@command
class BeginScreening(Action):
    """Begin a screening: results are recorded from now on. Answers ScreeningShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "BeginScreening"
    permission: ClassVar[Permission] = MANAGE


@command
class EndScreening(Action):
    """End a screening; late results are recorded for some days, and all are corrected. Answers ScreeningShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "EndScreening"
    permission: ClassVar[Permission] = MANAGE


@command
class CancelScreening(Action):
    """Cancel a screening that has not begun. Answers ScreeningShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "CancelScreening"
    permission: ClassVar[Permission] = MANAGE
    reason_field: ClassVar[str] = "reason"
    reason: ScreeningCancellation
