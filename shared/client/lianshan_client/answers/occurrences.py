"""Answers of occurrences: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, Reminder, VisitObstacle

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Occurrence(TypedDict):
    """One visit. Its need goes its own way: served, confirmed, unmet."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    plan_id: str
    home_id: str
    station_id: str
    on: str
    starts_at: str
    ends_at: str
    state: OccurrenceState | str
    need_id: NotRequired[str | None]
    made: NotRequired[int]
    own: NotRequired[bool]
    moved: NotRequired[bool]
    provisional: NotRequired[bool]
    obstacle: NotRequired[VisitObstacle | str | None]
    missed_at: NotRequired[str | None]
    outcome: NotRequired[MissedVisitOutcome | str | None]
    reminder: NotRequired[Reminder | None]
    external_id: NotRequired[str | None]


class OccurrencePage(TypedDict):
    """A page of a list, newest first."""

    items: list[Occurrence]
    next: str | None


class OccurrenceShape(TypedDict):
    """One visit. Its need goes its own way: served, confirmed, unmet."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    plan_id: str
    home_id: str
    station_id: str
    on: str
    starts_at: str
    ends_at: str
    state: OccurrenceState | str
    need_id: NotRequired[str | None]
    made: NotRequired[int]
    own: NotRequired[bool]
    moved: NotRequired[bool]
    provisional: NotRequired[bool]
    obstacle: NotRequired[VisitObstacle | str | None]
    missed_at: NotRequired[str | None]
    outcome: NotRequired[MissedVisitOutcome | str | None]
    reminder: NotRequired[Reminder | None]


MissedVisitOutcome = Literal["served_otherwise", "home_informed", "next_visit_serves"] | str


OccurrenceState = Literal["planned", "made", "missed", "cancelled"] | str
