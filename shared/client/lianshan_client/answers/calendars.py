"""Answers of calendars: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, Reminder

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Calendar(TypedDict):
    """The working days of one area in one year. A narrower area's calendar counts there before a wider one's."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    year: int
    holidays: list[str]
    made_up: list[str]
    state: CalendarState | str
    succeeded: NotRequired[bool]
    reminder: NotRequired[Reminder | None]
    external_id: NotRequired[str | None]


class CalendarPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Calendar]
    next: str | None


class CalendarShape(TypedDict):
    """The working days of one area in one year. A narrower area's calendar counts there before a wider one's."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    year: int
    holidays: list[str]
    made_up: list[str]
    state: CalendarState | str
    succeeded: NotRequired[bool]
    reminder: NotRequired[Reminder | None]


CalendarState = Literal["in_force", "withdrawn"] | str
