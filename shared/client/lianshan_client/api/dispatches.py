"""Calls of dispatches: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import DispatchState
from ..answers.dispatches import AnswerLinkAnswer, DispatchAnswer, DispatchPage
from ..bodies.common import EmptyBody
from ..bodies.dispatches import AdjustmentIn, HoursIn
from ..calls import Call, Listing, new_key


def list_dispatches(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    need_id: str | None = None,
    volunteer_id: str | None = None,
    state: Sequence[DispatchState] | None = None,
) -> Listing[DispatchPage, DispatchAnswer]:
    """List dispatches (offers and bookings), newest first; of a volunteer those under every merged id."""
    return Listing(
        "GET",
        "/v1/dispatches",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "need_id": need_id,
            "volunteer_id": volunteer_id,
            "state": state,
        },
    )


def read_dispatch(dispatch_id: str) -> Call[DispatchAnswer]:
    """Show one dispatch, and why this volunteer was chosen."""
    return Call("GET", f"/v1/dispatches/{quote(dispatch_id, safe='')}")


def accept_offer(
    dispatch_id: str,
    body: EmptyBody | None = None,
    *,
    expected: int | str | None = None,
    on_behalf_of: str | None = None,
    idempotency_key: str | None = None,
) -> Call[DispatchAnswer]:
    """Accept an offer: first come, first served. A decline is taken back the same way while a place is open."""
    return Call(
        "POST",
        f"/v1/dispatches/{quote(dispatch_id, safe='')}/accept",
        body={} if body is None else body,
        expected=expected,
        on_behalf_of=on_behalf_of,
        idempotency_key=idempotency_key or new_key(),
    )


def decline_offer(
    dispatch_id: str,
    body: EmptyBody | None = None,
    *,
    expected: int | str | None = None,
    on_behalf_of: str | None = None,
    idempotency_key: str | None = None,
) -> Call[DispatchAnswer]:
    """Decline an offer, or withdraw before the service begins: another volunteer is asked at once."""
    return Call(
        "POST",
        f"/v1/dispatches/{quote(dispatch_id, safe='')}/decline",
        body={} if body is None else body,
        expected=expected,
        on_behalf_of=on_behalf_of,
        idempotency_key=idempotency_key or new_key(),
    )


def check_in(
    dispatch_id: str,
    body: EmptyBody | None = None,
    *,
    expected: int | str | None = None,
    on_behalf_of: str | None = None,
    idempotency_key: str | None = None,
) -> Call[DispatchAnswer]:
    """Begin the service; the server's clock counts."""
    return Call(
        "POST",
        f"/v1/dispatches/{quote(dispatch_id, safe='')}/check-in",
        body={} if body is None else body,
        expected=expected,
        on_behalf_of=on_behalf_of,
        idempotency_key=idempotency_key or new_key(),
    )


def check_out(
    dispatch_id: str,
    body: EmptyBody | None = None,
    *,
    expected: int | str | None = None,
    on_behalf_of: str | None = None,
    idempotency_key: str | None = None,
) -> Call[DispatchAnswer]:
    """End the service; the hours are credited once the station confirms it."""
    return Call(
        "POST",
        f"/v1/dispatches/{quote(dispatch_id, safe='')}/check-out",
        body={} if body is None else body,
        expected=expected,
        on_behalf_of=on_behalf_of,
        idempotency_key=idempotency_key or new_key(),
    )


def state_hours(
    dispatch_id: str, body: HoursIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[DispatchAnswer]:
    """State when a volunteer came and left, in the volunteer's place: who forgot to check out is credited by it."""
    return Call(
        "POST",
        f"/v1/dispatches/{quote(dispatch_id, safe='')}/hours",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def adjust_hours(
    dispatch_id: str, body: AdjustmentIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[DispatchAnswer]:
    """Adjust the minutes of a credited service: a reversal and a new transfer, by a second person."""
    return Call(
        "POST",
        f"/v1/dispatches/{quote(dispatch_id, safe='')}/adjust-hours",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def issue_answer_link(
    dispatch_id: str, body: EmptyBody | None = None, *, idempotency_key: str | None = None
) -> Call[AnswerLinkAnswer]:
    """Issue a link by which the volunteer answers on a phone, without an account, until the service is over."""
    return Call(
        "POST",
        f"/v1/dispatches/{quote(dispatch_id, safe='')}/answer-link",
        body={} if body is None else body,
        idempotency_key=idempotency_key or new_key(),
    )


def list_own_dispatches(
    *, limit: int | None = None, after: str | int | None = None, state: Sequence[DispatchState] | None = None
) -> Listing[DispatchPage, DispatchAnswer]:
    """List your own dispatches (offers and bookings), newest first; answer them at `/v1/dispatches/{id}/accept`."""
    return Listing("GET", "/v1/me/dispatches", query={"limit": limit, "after": after, "state": state})
