"""Calls of screenings: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer
from ..answers.screenings import Screening, ScreeningPage, ScreeningShape, ScreeningState
from ..bodies.screenings import (
    BeginScreeningBody,
    CancelScreeningBody,
    EndScreeningBody,
    PlanScreening,
    RescheduleScreeningBody,
)
from ..calls import Call, Listing, new_key


def plan_screening(body: PlanScreening, *, idempotency_key: str | None = None) -> Call[Screening]:
    """Plan a screening by a station."""
    return Call("POST", "/v1/screenings", body=body, idempotency_key=idempotency_key or new_key())


def list_screenings(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    station_id: str | None = None,
    state: Sequence[ScreeningState] | None = None,
    groups: str | None = None,
) -> Listing[ScreeningPage, Screening]:
    """List screenings, newest first."""
    return Listing(
        "GET",
        "/v1/screenings",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "station_id": station_id,
            "state": state,
            "groups": groups,
        },
    )


def count_screenings(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count screenings by state."""
    return Call("GET", "/v1/screenings:count", query={"area": area})


def read_screening(screening_id: str) -> Call[Screening]:
    """Show one screening."""
    return Call("GET", f"/v1/screenings/{quote(screening_id, safe='')}")


def read_screening_history(
    screening_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one screening, oldest first."""
    return Listing(
        "GET", f"/v1/screenings/{quote(screening_id, safe='')}/history", query={"limit": limit, "after": after}
    )


def reschedule_screening(
    screening_id: str,
    body: RescheduleScreeningBody,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[ScreeningShape]:
    """Hold a planned screening at another time."""
    return Call(
        "POST",
        f"/v1/screenings/{quote(screening_id, safe='')}/reschedule",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def begin_screening(
    screening_id: str,
    body: BeginScreeningBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[ScreeningShape]:
    """Begin a screening: results are recorded from now on."""
    return Call(
        "POST",
        f"/v1/screenings/{quote(screening_id, safe='')}/begin",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def end_screening(
    screening_id: str,
    body: EndScreeningBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[ScreeningShape]:
    """End a screening; late results are recorded for some days, and all are corrected."""
    return Call(
        "POST",
        f"/v1/screenings/{quote(screening_id, safe='')}/end",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def cancel_screening(
    screening_id: str,
    body: CancelScreeningBody,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[ScreeningShape]:
    """Cancel a screening that has not begun."""
    return Call(
        "POST",
        f"/v1/screenings/{quote(screening_id, safe='')}/cancel",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
