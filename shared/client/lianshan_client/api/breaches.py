"""Calls of breaches: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.breaches import Breach, BreachCause, BreachKind, BreachPage, BreachSeverity, BreachShape, BreachState
from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer
from ..bodies.breaches import (
    ChangeBreachBody,
    CloseBreachBody,
    NotifyAuthorityBody,
    NotifyPeopleBody,
    RecordBreach,
    RequireNoticeBody,
)
from ..calls import Call, Listing, new_key


def record_breach(body: RecordBreach, *, idempotency_key: str | None = None) -> Call[Breach]:
    """Record a breach."""
    return Call("POST", "/v1/breaches", body=body, idempotency_key=idempotency_key or new_key())


def list_breaches(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    kind: Sequence[BreachKind] | None = None,
    state: Sequence[BreachState] | None = None,
    severity: Sequence[BreachSeverity] | None = None,
    cause: Sequence[BreachCause] | None = None,
) -> Listing[BreachPage, Breach]:
    """List breaches, newest first."""
    return Listing(
        "GET",
        "/v1/breaches",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "kind": kind,
            "state": state,
            "severity": severity,
            "cause": cause,
        },
    )


def count_breaches(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count breaches by state and severity."""
    return Call("GET", "/v1/breaches:count", query={"area": area})


def read_breach(breach_id: str) -> Call[Breach]:
    """Show one breach."""
    return Call("GET", f"/v1/breaches/{quote(breach_id, safe='')}")


def read_breach_history(
    breach_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one breach, oldest first."""
    return Listing("GET", f"/v1/breaches/{quote(breach_id, safe='')}/history", query={"limit": limit, "after": after})


def change_breach(
    breach_id: str, body: ChangeBreachBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[BreachShape]:
    """Replace the particulars of a breach."""
    return Call(
        "POST",
        f"/v1/breaches/{quote(breach_id, safe='')}/change",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def notify_authority(
    breach_id: str, body: NotifyAuthorityBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[BreachShape]:
    """Record the notice to the authority."""
    return Call(
        "POST",
        f"/v1/breaches/{quote(breach_id, safe='')}/notify-authority",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def notify_people(
    breach_id: str,
    body: NotifyPeopleBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[BreachShape]:
    """Record the notice to the people, or the reason why they need none."""
    return Call(
        "POST",
        f"/v1/breaches/{quote(breach_id, safe='')}/notify-people",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def require_notice(
    breach_id: str,
    body: RequireNoticeBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[BreachShape]:
    """Record that the authority requires a notice to the people."""
    return Call(
        "POST",
        f"/v1/breaches/{quote(breach_id, safe='')}/require-notice",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def close_breach(
    breach_id: str,
    body: CloseBreachBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[BreachShape]:
    """Close a breach of which the authority and the people were notified."""
    return Call(
        "POST",
        f"/v1/breaches/{quote(breach_id, safe='')}/close",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
