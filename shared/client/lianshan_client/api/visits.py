"""Calls of visits: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer, VisitState
from ..answers.visits import Visit, VisitKind, VisitPage, VisitShape
from ..bodies.visits import RecordVisit, WithdrawVisitBody
from ..calls import Call, Listing, new_key


def record_visit(body: RecordVisit, *, idempotency_key: str | None = None) -> Call[Visit]:
    """Record a visit to a station, by the level above it."""
    return Call("POST", "/v1/visits", body=body, idempotency_key=idempotency_key or new_key())


def list_visits(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    station_id: str | None = None,
    kind: Sequence[VisitKind] | None = None,
    state: Sequence[VisitState] | None = None,
) -> Listing[VisitPage, Visit]:
    """List visits, newest first."""
    return Listing(
        "GET",
        "/v1/visits",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "station_id": station_id,
            "kind": kind,
            "state": state,
        },
    )


def count_visits(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count visits by kind and state."""
    return Call("GET", "/v1/visits:count", query={"area": area})


def read_visit(visit_id: str) -> Call[Visit]:
    """Show one visit."""
    return Call("GET", f"/v1/visits/{quote(visit_id, safe='')}")


def read_visit_history(
    visit_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one visit, oldest first."""
    return Listing("GET", f"/v1/visits/{quote(visit_id, safe='')}/history", query={"limit": limit, "after": after})


def withdraw_visit(
    visit_id: str, body: WithdrawVisitBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[VisitShape]:
    """Withdraw the record of a visit; its findings stay."""
    return Call(
        "POST",
        f"/v1/visits/{quote(visit_id, safe='')}/withdraw",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
