"""Calls of calls: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.calls import CallState, VolunteerCall, VolunteerCallPage, VolunteerCallShape
from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer
from ..bodies.calls import EndCallBody
from ..calls import Call, Listing, new_key


def list_calls(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    state: Sequence[CallState] | None = None,
    volunteer_id: str | None = None,
    dispatch_id: str | None = None,
) -> Listing[VolunteerCallPage, VolunteerCall]:
    """List calls, newest first."""
    return Listing(
        "GET",
        "/v1/calls",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "state": state,
            "volunteer_id": volunteer_id,
            "dispatch_id": dispatch_id,
        },
    )


def count_calls(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count calls by state."""
    return Call("GET", "/v1/calls:count", query={"area": area})


def read_call(call_id: str) -> Call[VolunteerCall]:
    """Show one call."""
    return Call("GET", f"/v1/calls/{quote(call_id, safe='')}")


def read_call_history(
    call_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one call, oldest first."""
    return Listing("GET", f"/v1/calls/{quote(call_id, safe='')}/history", query={"limit": limit, "after": after})


def end_call(
    call_id: str, body: EndCallBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[VolunteerCallShape]:
    """State how a call to a volunteer went."""
    return Call(
        "POST",
        f"/v1/calls/{quote(call_id, safe='')}/end",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
