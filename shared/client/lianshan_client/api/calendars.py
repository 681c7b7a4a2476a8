"""Calls of calendars: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.calendars import Calendar, CalendarPage, CalendarShape, CalendarState
from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer
from ..bodies.calendars import AmendCalendarBody, UploadCalendar, WithdrawCalendarBody
from ..calls import Call, Listing, new_key


def upload_calendar(body: UploadCalendar, *, idempotency_key: str | None = None) -> Call[Calendar]:
    """Upload the working-day calendar of a year, for a province, a city or a district."""
    return Call("POST", "/v1/calendars", body=body, idempotency_key=idempotency_key or new_key())


def list_calendars(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    year: int | None = None,
    state: Sequence[CalendarState] | None = None,
) -> Listing[CalendarPage, Calendar]:
    """List calendars, newest first."""
    return Listing(
        "GET",
        "/v1/calendars",
        query={"limit": limit, "after": after, "area": area, "external_id": external_id, "year": year, "state": state},
    )


def count_calendars(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count calendars by state."""
    return Call("GET", "/v1/calendars:count", query={"area": area})


def read_calendar(calendar_id: str) -> Call[Calendar]:
    """Show one calendar."""
    return Call("GET", f"/v1/calendars/{quote(calendar_id, safe='')}")


def read_calendar_history(
    calendar_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one calendar, oldest first."""
    return Listing(
        "GET", f"/v1/calendars/{quote(calendar_id, safe='')}/history", query={"limit": limit, "after": after}
    )


def amend_calendar(
    calendar_id: str, body: AmendCalendarBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[CalendarShape]:
    """Replace the days of a calendar: occurrences that are still ahead follow."""
    return Call(
        "POST",
        f"/v1/calendars/{quote(calendar_id, safe='')}/amend",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def withdraw_calendar(
    calendar_id: str,
    body: WithdrawCalendarBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[CalendarShape]:
    """Withdraw a calendar that was uploaded by mistake; it may be uploaded again."""
    return Call(
        "POST",
        f"/v1/calendars/{quote(calendar_id, safe='')}/withdraw",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
