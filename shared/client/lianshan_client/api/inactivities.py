"""Calls of inactivities: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer
from ..answers.inactivities import Inactivity, InactivityPage, InactivityShape, InactivityState
from ..bodies.inactivities import KeepInactiveVolunteerBody
from ..calls import Call, Listing, new_key


def list_inactivities(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    state: Sequence[InactivityState] | None = None,
    volunteer_id: str | None = None,
) -> Listing[InactivityPage, Inactivity]:
    """List inactivities, newest first."""
    return Listing(
        "GET",
        "/v1/inactivities",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "state": state,
            "volunteer_id": volunteer_id,
        },
    )


def count_inactivities(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count inactivities by state."""
    return Call("GET", "/v1/inactivities:count", query={"area": area})


def read_inactivity(inactivity_id: str) -> Call[Inactivity]:
    """Show one inactivity."""
    return Call("GET", f"/v1/inactivities/{quote(inactivity_id, safe='')}")


def read_inactivity_history(
    inactivity_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one inactivity, oldest first."""
    return Listing(
        "GET", f"/v1/inactivities/{quote(inactivity_id, safe='')}/history", query={"limit": limit, "after": after}
    )


def keep_inactive_volunteer(
    inactivity_id: str,
    body: KeepInactiveVolunteerBody,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[InactivityShape]:
    """Keep an inactive volunteer's data for another year."""
    return Call(
        "POST",
        f"/v1/inactivities/{quote(inactivity_id, safe='')}/keep",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
