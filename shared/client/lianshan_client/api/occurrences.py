"""Calls of occurrences: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer
from ..answers.occurrences import Occurrence, OccurrencePage, OccurrenceShape, OccurrenceState
from ..bodies.occurrences import SettleMissedVisitBody
from ..calls import Call, Listing, new_key


def list_occurrences(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    plan_id: str | None = None,
    home_id: str | None = None,
    station_id: str | None = None,
    state: Sequence[OccurrenceState] | None = None,
    provisional: bool | None = None,
    on: str | None = None,
) -> Listing[OccurrencePage, Occurrence]:
    """List occurrences, newest first."""
    return Listing(
        "GET",
        "/v1/occurrences",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "plan_id": plan_id,
            "home_id": home_id,
            "station_id": station_id,
            "state": state,
            "provisional": provisional,
            "on": on,
        },
    )


def count_occurrences(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count occurrences by state."""
    return Call("GET", "/v1/occurrences:count", query={"area": area})


def read_occurrence(occurrence_id: str) -> Call[Occurrence]:
    """Show one occurrence."""
    return Call("GET", f"/v1/occurrences/{quote(occurrence_id, safe='')}")


def read_occurrence_history(
    occurrence_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one occurrence, oldest first."""
    return Listing(
        "GET", f"/v1/occurrences/{quote(occurrence_id, safe='')}/history", query={"limit": limit, "after": after}
    )


def settle_missed_visit(
    occurrence_id: str,
    body: SettleMissedVisitBody,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[OccurrenceShape]:
    """State the outcome of a missed visit."""
    return Call(
        "POST",
        f"/v1/occurrences/{quote(occurrence_id, safe='')}/settle",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
