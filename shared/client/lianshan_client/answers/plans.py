"""Answers of plans: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import LineKind, NextStepAnswer, Reminder, Urgency, VisitObstacle

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Line(TypedDict):
    """One thing a need asks for. `requested` counts goods and services in the item's base unit, money in fen."""

    id: str
    kind: LineKind | str
    item: NotRequired[str | None]
    unit: NotRequired[str | None]
    quantity: NotRequired[int | None]
    base_unit: NotRequired[str | None]
    requested: int
    divisible: NotRequired[bool]
    min_useful: NotRequired[int]


class Plan(TypedDict):
    """A care plan. `area` is that of its station; who is visited stands with its homes."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    theme: str
    urgency: Urgency | str
    severity: int
    lines: NotRequired[list[Line]]
    visitors: NotRequired[Visitors | None]
    starts_on: str
    ends_on: str
    segments: list[Segment]
    state: PlanState | str
    homes: NotRequired[int]
    active_since: str
    paused_at: NotRequired[str | None]
    pause_reason: NotRequired[PlanPause | str | None]
    running_out: NotRequired[bool]
    awaits_year: NotRequired[int | None]
    awaits_from: NotRequired[str | None]
    end: NotRequired[PlanEnd | str | None]
    reminder: NotRequired[Reminder | None]
    external_id: NotRequired[str | None]


class PlanPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Plan]
    next: str | None


class PlanPreviewAnswer(TypedDict):
    """The visits ahead that an edit touches; the items are a page by day and home."""

    version: int
    visits: int
    needs: int
    blocked: int
    items: list[TouchedVisit]
    next: str | None


class PlanShape(TypedDict):
    """A care plan. `area` is that of its station; who is visited stands with its homes."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    theme: str
    urgency: Urgency | str
    severity: int
    lines: NotRequired[list[Line]]
    visitors: NotRequired[Visitors | None]
    starts_on: str
    ends_on: str
    segments: list[Segment]
    state: PlanState | str
    homes: NotRequired[int]
    active_since: str
    paused_at: NotRequired[str | None]
    pause_reason: NotRequired[PlanPause | str | None]
    running_out: NotRequired[bool]
    awaits_year: NotRequired[int | None]
    awaits_from: NotRequired[str | None]
    end: NotRequired[PlanEnd | str | None]
    reminder: NotRequired[Reminder | None]


class Segment(TypedDict):
    """The rule of the visits from a day on, until the next segment begins. `anchor` is the day from which it counts."""

    since: str
    anchor: str
    recurrence: str
    visit_time: str
    minutes: int
    days_off: DaysOff | str
    decided_at: str


class TouchedVisit(TypedDict):
    """One visit that the edit touches."""

    home_id: str
    on: str
    effect: VisitEffect | str
    starts_at: str | None
    becomes_at: str | None
    need_id: str | None
    obstacle: VisitObstacle | str | None


class Visitors(TypedDict):
    """The volunteers of each visit, in codes of the catalogue."""

    headcount: int
    skills: NotRequired[list[str]]
    languages: NotRequired[list[str]]


DaysOff = Literal["keep", "move", "skip"] | str


EditExtent = Literal["this", "following", "all"] | str


PlanEnd = Literal["ran_out", "no_longer_needed", "served_otherwise", "entered_wrongly", "station_closed"] | str


PlanPause = Literal["staff_short", "agreed_with_homes", "emergency", "weather"] | str


PlanState = Literal["active", "paused", "ended"] | str


VisitEffect = Literal["moved", "added", "cancelled"] | str
