"""Care plans (照护计划): recurring needs of homes as one plan, with the commands of the station that owns it.

`plan_homes` holds the homes of a plan, `occurrences` their visits, `plan_previews` the preview of an edit.
"""

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.contracts.access.permissions import Permission
from shared.contracts.messages import OPEN, Code, EventData, Id, Instant, Label, Message, Scope, command, event
from shared.contracts.need_parts import Line, Urgency
from shared.contracts.plain import Action, Creation, Reminder, Shape
from shared.contracts.refusals import broken_rule
from shared.contracts.stations.need_request import LineAsked

PlanState = Literal["active", "paused", "ended"]
DaysOff = Literal["keep", "move", "skip"]
"""A visit on a day off stays, moves to the next working day, or is left out."""
Extent = Literal["this", "following", "all"]
"""One visit; the visits from a day on; all visits that are ahead, also those that were edited on their own."""
PauseReason = Literal["staff_short", "agreed_with_homes", "emergency", "weather"]
PlanEnd = Literal["ran_out", "no_longer_needed", "served_otherwise", "entered_wrongly", "station_closed"]
EndedFor = Literal["no_longer_needed", "served_otherwise", "entered_wrongly"]
"""Why a station ends a plan before its last day."""
MOST_HOMES: Final = 200
"""Homes of one plan."""
MOST_SEGMENTS: Final = 24
"""Rules of one plan, one after another: each edit of the following visits adds one."""
MOST_MINUTES: Final = 720
Recurrence = Annotated[str, StringConstraints(min_length=8, max_length=200, pattern=r"^[A-Z0-9=;,+-]+$")]
"""A rule of RFC 5545, section 3.3.10, in the subset that plans know."""
VisitTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""Hours and minutes in the city's zone."""

_RULE: Final = (
    "RFC 5545: FREQ of DAILY, WEEKLY or MONTHLY with INTERVAL, BYDAY, BYMONTHDAY, and COUNT or UNTIL, like "
    "FREQ=WEEKLY;BYDAY=TU,FR."
)
_TIME: Final = "Hours and minutes at which a visit begins, in the city's time zone."
_MINUTES: Final = "How long a visit takes."
_DAYS_OFF: Final = "Whether a visit on a day off stays, moves to the next working day, or is left out."
_STARTS: Final = "The first day of the plan, from which its recurrence counts."
_ENDS: Final = "The last day of the plan."


class VisitorsAsked(Message):
    """The volunteers of each visit."""

    headcount: int = Field(default=1, strict=True, ge=1, le=20)
    skills: tuple[Label, ...] = Field(default=(), max_length=10)
    languages: tuple[Label, ...] = Field(default=(), max_length=10)


class Visitors(BaseModel):
    """The volunteers of each visit, in codes of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    headcount: int = Field(description="How many people are asked for.")
    skills: tuple[Code, ...] = Field(default=(), max_length=10, description="Codes of the skills that each has.")
    languages: tuple[Code, ...] = Field(
        default=(), max_length=10, description="Codes of the languages that each speaks."
    )


class Segment(BaseModel):
    """The rule of the visits from a day on, until the next segment begins. `anchor` is the day from which it counts."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    since: date = Field(description="The first day of the rule.")
    anchor: date = Field(description="The day from which INTERVAL and COUNT count.")
    recurrence: str = Field(max_length=200, description=_RULE)
    visit_time: str = Field(max_length=16, description=_TIME)
    minutes: int = Field(description=_MINUTES)
    days_off: Annotated[DaysOff, OPEN] = Field(description=_DAYS_OFF)
    decided_at: Instant = Field(description="When the rule was made: visits before that instant are none of it.")


class PlanShape(Shape):
    """A care plan. `area` is that of its station; who is visited stands with its homes."""

    station_id: Id
    theme: Code
    urgency: Annotated[Urgency, OPEN]
    severity: int
    lines: tuple[Line, ...] = Field(default=(), max_length=10)
    visitors: Visitors | None = Field(default=None, description="The volunteers of each visit; null: none are needed.")
    starts_on: date = Field(description=_STARTS)
    ends_on: date = Field(description=_ENDS)
    segments: tuple[Segment, ...] = Field(max_length=MOST_SEGMENTS, description="Its rules, one after another.")
    state: Annotated[PlanState, OPEN]
    homes: int = Field(default=0, description="How many homes are visited.")
    active_since: Instant = Field(description="When the plan was registered, or resumed last.")
    paused_at: Instant | None = Field(default=None, description="When the plan was paused; null while it is not.")
    pause_reason: Annotated[PauseReason, OPEN] | None = Field(default=None, description="Why the plan is paused.")
    running_out: bool = Field(default=False, description="Whether the plan ends within 14 days.")
    awaits_year: int | None = Field(
        default=None, description="The year without a working-day calendar in which visits are provisional."
    )
    awaits_from: Instant | None = Field(default=None, description="When the first provisional visit begins.")
    end: Annotated[PlanEnd, OPEN] | None = Field(default=None, description="Why the plan ended; null before.")
    reminder: Reminder | None = None


@event
class PlanRegistered(PlanShape, EventData):
    """A care plan was registered; it has no homes yet."""

    type: ClassVar[str] = "stations.plan.registered"


@event
class PlanEdited(PlanShape, EventData):
    """The visits that are ahead are others than before."""

    type: ClassVar[str] = "stations.plan.edited"


@event
class PlanPaused(PlanShape, EventData):
    """Nobody is visited until the plan is resumed."""

    type: ClassVar[str] = "stations.plan.paused"


@event
class PlanResumed(PlanShape, EventData):
    """The homes are visited again."""

    type: ClassVar[str] = "stations.plan.resumed"


@event
class PlanEnded(PlanShape, EventData):
    """The plan was ended, or its last day is over."""

    type: ClassVar[str] = "stations.plan.ended"


@event
class PlanChanged(PlanShape, EventData):
    """Another number of homes, the awaited calendar, or the plan's approaching end."""

    type: ClassVar[str] = "stations.plan.changed"


@event
class PlanOverdue(PlanShape, EventData):
    """The next step of a plan is overdue, and the next level is reminded."""

    type: ClassVar[str] = "stations.plan.overdue"


@command
class RegisterPlan(Creation):
    """Register a care plan of a station; its homes are added one by one. Answers PlanShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RegisterPlan"
    permission: ClassVar[Permission] = "plans:manage"
    scope: ClassVar[Scope] = Scope(found=("station_id",))
    station_id: Id
    theme: Label
    urgency: Urgency = "normal"
    severity: int = Field(default=3, strict=True, ge=1, le=5)
    lines: tuple[LineAsked, ...] = Field(
        default=(), max_length=10, description="Supplies of each visit; a line of money has no purpose of its own."
    )
    visitors: VisitorsAsked | None = Field(default=None, description="The volunteers of each visit.")
    starts_on: date = Field(description=_STARTS)
    ends_on: date = Field(description=_ENDS + " At most three years after the first.")
    recurrence: Recurrence = Field(description=_RULE)
    visit_time: VisitTime = Field(description=_TIME)
    minutes: int = Field(strict=True, ge=15, le=MOST_MINUTES, description=_MINUTES)
    days_off: DaysOff = Field(default="keep", description=_DAYS_OFF)


class PlanEdit(Message):
    """An edit of visits that are ahead; fields that are null stay.

    `this` names one visit by `home_id` and `on`, its day by the rule, and moves it to `moved_to` or `visit_time`, or
    cancels it. `following` takes the visits from `on`, `all` those from now on.
    """

    extent: Extent = Field(description="One visit, those from a day on, or all that are ahead.")
    on: date | None = Field(default=None, description="The day of the visit by its rule; of `following` the first day.")
    home_id: Id | None = Field(default=None, description="The home of the one visit; only with extent this.")
    moved_to: date | None = Field(default=None, description="Another day for the one visit; only with extent this.")
    cancelled: bool = Field(default=False, description="Whether the one visit is cancelled; only with extent this.")
    recurrence: Recurrence | None = Field(default=None, description=_RULE)
    visit_time: VisitTime | None = Field(default=None, description=_TIME)
    minutes: int | None = Field(default=None, strict=True, ge=15, le=MOST_MINUTES, description=_MINUTES)
    days_off: DaysOff | None = Field(default=None, description=_DAYS_OFF)
    ends_on: date | None = Field(default=None, description=_ENDS)

    @model_validator(mode="after")
    def _fits_its_extent(self) -> "PlanEdit":
        of_one, of_many = ("home_id", "moved_to", "cancelled"), ("recurrence", "days_off", "ends_on")
        strange = of_many if self.extent == "this" else of_one
        for name in (*strange, *(("on",) if self.extent == "all" else ())):
            if getattr(self, name) not in (None, False):
                raise broken_rule("field_of_another_extent", field=name, extent=self.extent)
        if self.extent != "all" and self.on is None:
            raise broken_rule("day_missing", field="on", extent=self.extent)
        if self.extent == "this" and self.home_id is None:
            raise broken_rule("home_missing", field="home_id")
        told = (self.moved_to, self.cancelled or None, self.recurrence, self.visit_time, self.minutes, self.days_off)
        if not any((*told, self.ends_on)):
            raise broken_rule("nothing_to_change")
        if self.cancelled and (self.moved_to or self.visit_time or self.minutes):
            raise broken_rule("cancelled_and_moved", field="cancelled")
        return self


@command
class EditPlan(PlanEdit, Action):
    """Edit visits that are ahead; past ones stay. It needs the version of the preview. Answers PlanShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "EditPlan"
    permission: ClassVar[Permission] = "plans:manage"
    scope: ClassVar[Scope] = Scope(found=("id", "home_id"))


@command
class PausePlan(Action):
    """Pause a plan: its visits that are ahead are cancelled until it is resumed. Answers PlanShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "PausePlan"
    permission: ClassVar[Permission] = "plans:manage"
    reason_field: ClassVar[str] = "reason"
    reason: PauseReason


@command
class ResumePlan(Action):
    """Resume a paused plan: its homes are visited again from now on. Answers PlanShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ResumePlan"
    permission: ClassVar[Permission] = "plans:manage"


@command
class EndPlan(Action):
    """End a plan before its last day; its visits that are ahead are cancelled. Answers PlanShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "EndPlan"
    permission: ClassVar[Permission] = "plans:manage"
    reason_field: ClassVar[str] = "reason"
    reason: EndedFor
