"""Bodies of calendars: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class AmendCalendarBody(TypedDict):
    """Replace the days of a calendar: occurrences that are still ahead follow. Answers CalendarShape."""

    holidays: list[str]
    made_up: NotRequired[list[str]]


class UploadCalendar(TypedDict):
    """Upload the working-day calendar of a year, for a province, a city or a district. Answers CalendarShape."""

    external_id: NotRequired[str | None]
    area: str
    year: int
    holidays: list[str]
    made_up: NotRequired[list[str]]


class WithdrawCalendarBody(TypedDict):
    """Withdraw a calendar that was uploaded by mistake; it may be uploaded again. Answers CalendarShape."""
