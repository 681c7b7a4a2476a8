"""Answers of screenings: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, Reminder

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class NewPeople(TypedDict):
    """The people of a screening without those whom another one counts in the same place and period, by the period
    around the day on which it began: so the sum over screenings is the number of people, each once.
    """

    day: NotRequired[list[int]]
    week: NotRequired[list[int]]
    month: NotRequired[list[int]]
    quarter: NotRequired[list[int]]
    year: NotRequired[list[int]]


class Screening(TypedDict):
    """A screening by a station. `area` is that of the station, in which the people live."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    groups: NotRequired[list[str]]
    indicators: list[str]
    expected: int
    starts_at: str
    ends_at: str
    state: ScreeningState | str
    examined: NotRequired[int]
    results: NotRequired[int]
    watch: NotRequired[int]
    high: NotRequired[int]
    critical: NotRequired[int]
    began_at: NotRequired[str | None]
    ended_at: NotRequired[str | None]
    reason: NotRequired[ScreeningCancelledFor | str | None]
    reminder: NotRequired[Reminder | None]
    new_people: NotRequired[NewPeople | None]
    external_id: NotRequired[str | None]


class ScreeningPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Screening]
    next: str | None


class ScreeningShape(TypedDict):
    """A screening by a station. `area` is that of the station, in which the people live."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    groups: NotRequired[list[str]]
    indicators: list[str]
    expected: int
    starts_at: str
    ends_at: str
    state: ScreeningState | str
    examined: NotRequired[int]
    results: NotRequired[int]
    watch: NotRequired[int]
    high: NotRequired[int]
    critical: NotRequired[int]
    began_at: NotRequired[str | None]
    ended_at: NotRequired[str | None]
    reason: NotRequired[ScreeningCancelledFor | str | None]
    reminder: NotRequired[Reminder | None]
    new_people: NotRequired[NewPeople | None]


ScreeningCancelledFor = Literal["not_needed", "no_staff", "bad_weather", "planned_by_mistake", "station_closed"] | str


ScreeningState = Literal["planned", "running", "ended", "cancelled"] | str
