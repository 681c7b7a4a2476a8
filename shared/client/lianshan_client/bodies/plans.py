"""Bodies of plans: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..answers.common import Urgency
from ..answers.plans import DaysOff, EditExtent, PlanPause
from .common import GoodsAsked, MoneyAsked, ServiceAsked

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class EditPlanBody(TypedDict):
    """Edit visits that are ahead; past ones stay. It needs the version of the preview. Answers PlanShape."""

    extent: EditExtent
    on: NotRequired[str | None]
    home_id: NotRequired[str | None]
    moved_to: NotRequired[str | None]
    cancelled: NotRequired[bool]
    recurrence: NotRequired[str | None]
    visit_time: NotRequired[str | None]
    minutes: NotRequired[int | None]
    days_off: NotRequired[DaysOff | None]
    ends_on: NotRequired[str | None]


class EndPlanBody(TypedDict):
    """End a plan before its last day; its visits that are ahead are cancelled. Answers PlanShape."""

    reason: PlanEndReason


class PausePlanBody(TypedDict):
    """Pause a plan: its visits that are ahead are cancelled until it is resumed. Answers PlanShape."""

    reason: PlanPause


class RegisterPlan(TypedDict):
    """Register a care plan of a station; its homes are added one by one. Answers PlanShape."""

    external_id: NotRequired[str | None]
    station_id: str
    theme: str
    urgency: NotRequired[Urgency]
    severity: NotRequired[int]
    lines: NotRequired[list[GoodsAsked | MoneyAsked | ServiceAsked]]
    visitors: NotRequired[VisitorsAsked | None]
    starts_on: str
    ends_on: str
    recurrence: str
    visit_time: str
    minutes: int
    days_off: NotRequired[DaysOff]


class ResumePlanBody(TypedDict):
    """Resume a paused plan: its homes are visited again from now on. Answers PlanShape."""


class VisitorsAsked(TypedDict):
    """The volunteers of each visit."""

    headcount: NotRequired[int]
    skills: NotRequired[list[str]]
    languages: NotRequired[list[str]]


PlanEndReason = Literal["no_longer_needed", "served_otherwise", "entered_wrongly"]
