"""Calls of handovers: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer, ReferralState, Urgency
from ..answers.handovers import Handover, HandoverPage, HandoverShape
from ..bodies.handovers import AcceptHandoverBody, AnswerEnquiryBody, CompleteHandoverBody, RejectHandoverBody
from ..calls import Call, Listing, new_key


def list_handovers(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    receiver_id: str | None = None,
    state: Sequence[ReferralState] | None = None,
    urgency: Sequence[Urgency] | None = None,
    theme: str | None = None,
) -> Listing[HandoverPage, Handover]:
    """List handovers, newest first."""
    return Listing(
        "GET",
        "/v1/handovers",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "receiver_id": receiver_id,
            "state": state,
            "urgency": urgency,
            "theme": theme,
        },
    )


def count_handovers(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count handovers by state and receiver_kind."""
    return Call("GET", "/v1/handovers:count", query={"area": area})


def read_handover(handover_id: str) -> Call[Handover]:
    """Show one handover."""
    return Call("GET", f"/v1/handovers/{quote(handover_id, safe='')}")


def read_handover_history(
    handover_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one handover, oldest first."""
    return Listing(
        "GET", f"/v1/handovers/{quote(handover_id, safe='')}/history", query={"limit": limit, "after": after}
    )


def answer_enquiry(
    handover_id: str, body: AnswerEnquiryBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[HandoverShape]:
    """Answer whether there is capacity for the need of an enquiry."""
    return Call(
        "POST",
        f"/v1/handovers/{quote(handover_id, safe='')}/answer",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def accept_handover(
    handover_id: str,
    body: AcceptHandoverBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[HandoverShape]:
    """Take the need that was referred; a station owns it from now on."""
    return Call(
        "POST",
        f"/v1/handovers/{quote(handover_id, safe='')}/accept",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def reject_handover(
    handover_id: str, body: RejectHandoverBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[HandoverShape]:
    """Leave the need with its station."""
    return Call(
        "POST",
        f"/v1/handovers/{quote(handover_id, safe='')}/reject",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def complete_handover(
    handover_id: str,
    body: CompleteHandoverBody,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[HandoverShape]:
    """Report the outcome of a need that was accepted."""
    return Call(
        "POST",
        f"/v1/handovers/{quote(handover_id, safe='')}/complete",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
