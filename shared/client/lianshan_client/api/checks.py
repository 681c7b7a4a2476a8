"""Calls of checks: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.checks import Check, CheckPage, CheckShape
from ..answers.common import ChangeAnswer, CheckState, CountsAnswer, HistoryAnswer
from ..bodies.checks import ResolveCheckBody
from ..calls import Call, Listing, new_key


def list_checks(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    state: Sequence[CheckState] | None = None,
    volunteer_id: str | None = None,
    known_id: str | None = None,
) -> Listing[CheckPage, Check]:
    """List checks, newest first."""
    return Listing(
        "GET",
        "/v1/checks",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "state": state,
            "volunteer_id": volunteer_id,
            "known_id": known_id,
        },
    )


def count_checks(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count checks by state."""
    return Call("GET", "/v1/checks:count", query={"area": area})


def read_check(check_id: str) -> Call[Check]:
    """Show one check."""
    return Call("GET", f"/v1/checks/{quote(check_id, safe='')}")


def read_check_history(
    check_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one check, oldest first."""
    return Listing("GET", f"/v1/checks/{quote(check_id, safe='')}/history", query={"limit": limit, "after": after})


def resolve_check(
    check_id: str, body: ResolveCheckBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[CheckShape]:
    """State whose a second registration is."""
    return Call(
        "POST",
        f"/v1/checks/{quote(check_id, safe='')}/resolve",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
