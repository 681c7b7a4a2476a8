"""Calls of needs: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import CountsAnswer, Urgency
from ..answers.needs import (
    BatchAnswer,
    LikelyDuplicatePage,
    NamedAnswer,
    NeedAnswer,
    NeedAssessmentsAnswer,
    NeedPage,
    NeedResidentsAnswer,
    ResidentNeedsAnswer,
)
from ..answers.needs_parts import IntakeChannel, NeedListed, NeedState
from ..bodies.common import EmptyBody
from ..bodies.needs import (
    AmendIn,
    AssessIn,
    CancelIn,
    ConfirmIn,
    EditIn,
    EvaluateIn,
    ExtendIn,
    MergeNeedIn,
    NamedIn,
    NeedIn,
    NeedsIn,
    ReopenIn,
    TriageIn,
    UndoIn,
)
from ..calls import Call, Listing, new_key


def register_need(body: NeedIn, *, idempotency_key: str | None = None) -> Call[NeedAnswer]:
    """Register a need, and publish it at once where asked: then resources are linked and volunteers dispatched."""
    return Call("POST", "/v1/needs", body=body, idempotency_key=idempotency_key or new_key())


def list_needs(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    state: Sequence[NeedState] | None = None,
    urgency: Sequence[Urgency] | None = None,
    channel: Sequence[IntakeChannel] | None = None,
    theme: Sequence[str] | None = None,
    station_id: str | None = None,
    external_id: str | None = None,
    waiting: bool | None = None,
    text: bool | None = None,
) -> Listing[NeedPage, NeedListed]:
    """List needs, newest first. One need alone is shown with its resources, staffing and timeline, too."""
    return Listing(
        "GET",
        "/v1/needs",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "state": state,
            "urgency": urgency,
            "channel": channel,
            "theme": theme,
            "station_id": station_id,
            "external_id": external_id,
            "waiting": waiting,
            "text": text,
        },
    )


def register_needs(body: NeedsIn, *, idempotency_key: str | None = None) -> Call[BatchAnswer]:
    """Register up to 200 needs, each on its own: `items` are in the order posted, `{"status", "need" | "error"}`."""
    return Call("POST", "/v1/needs:batch", body=body, idempotency_key=idempotency_key or new_key())


def publish_need(
    need_id: str,
    body: EmptyBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[NeedAnswer]:
    """Publish a draft: that alone links resources and dispatches volunteers."""
    return Call(
        "POST",
        f"/v1/needs/{quote(need_id, safe='')}/publish",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def extend_need(
    need_id: str, body: ExtendIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[NeedAnswer]:
    """Give a need that is not served yet more time, before or after its deadline. The volunteers' slot stays."""
    return Call(
        "POST",
        f"/v1/needs/{quote(need_id, safe='')}/extend",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def reopen_need(
    need_id: str, body: ReopenIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[NeedAnswer]:
    """Open an unmet or cancelled need again: resources are linked and volunteers dispatched again."""
    return Call(
        "POST",
        f"/v1/needs/{quote(need_id, safe='')}/reopen",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def cancel_need(
    need_id: str, body: CancelIn | None = None, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[NeedAnswer]:
    """Cancel a need before it is served: its reservations are released, its volunteers informed."""
    return Call(
        "POST",
        f"/v1/needs/{quote(need_id, safe='')}/cancel",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def confirm_need(
    need_id: str,
    body: ConfirmIn | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[NeedAnswer]:
    """Confirm that a need was served: the delivered amounts are booked, the rest is free again, hours are credited."""
    return Call(
        "POST",
        f"/v1/needs/{quote(need_id, safe='')}/confirm",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def undo_confirmation(
    need_id: str, body: UndoIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[NeedAnswer]:
    """Take back a wrong confirmation: its postings are reversed, and the delivery can be stated again."""
    return Call(
        "POST",
        f"/v1/needs/{quote(need_id, safe='')}/undo-confirmation",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def evaluate_need(
    need_id: str,
    body: EvaluateIn,
    *,
    expected: int | str | None = None,
    on_behalf_of: str | None = None,
    idempotency_key: str | None = None,
) -> Call[NeedAnswer]:
    """Rate a confirmed service."""
    return Call(
        "POST",
        f"/v1/needs/{quote(need_id, safe='')}/evaluate",
        body=body,
        expected=expected,
        on_behalf_of=on_behalf_of,
        idempotency_key=idempotency_key or new_key(),
    )


def read_need(need_id: str, *, text: bool | None = None, explain: bool | None = None) -> Call[NeedAnswer]:
    """Show a need with its resources, its staffing, the reasons for both, and the timeline of all services."""
    return Call("GET", f"/v1/needs/{quote(need_id, safe='')}", query={"text": text, "explain": explain})


def name_residents(
    need_id: str, body: NamedIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[NamedAnswer]:
    """Name the residents whom a need is about, in the place of those named before. No event carries them."""
    return Call(
        "POST",
        f"/v1/needs/{quote(need_id, safe='')}/residents",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def read_need_residents(need_id: str) -> Call[NeedResidentsAnswer]:
    """Show the residents whom a need is about, by id. The read is recorded."""
    return Call("GET", f"/v1/needs/{quote(need_id, safe='')}/residents")


def list_needs_of_resident(
    resident_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[ResidentNeedsAnswer, NeedListed]:
    """List the needs that are about a resident, under every merged id, newest first. The read is recorded."""
    return Listing("GET", f"/v1/residents/{quote(resident_id, safe='')}/needs", query={"limit": limit, "after": after})


def edit_need(
    need_id: str, body: EditIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[NeedAnswer]:
    """Correct a draft; null leaves a field as it is. Its waiting counts from its registration as before."""
    return Call(
        "POST",
        f"/v1/needs/{quote(need_id, safe='')}/edit",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def amend_need(
    need_id: str, body: AmendIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[NeedAnswer]:
    """Amend a published need that nobody has begun to serve, upwards or downwards; null leaves a part as it is."""
    return Call(
        "POST",
        f"/v1/needs/{quote(need_id, safe='')}/amend",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def assess_need(
    need_id: str, body: AssessIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[NeedAnswer]:
    """Assess an open need, before or after it is published, for the first time or again: earlier assessments stay."""
    return Call(
        "POST",
        f"/v1/needs/{quote(need_id, safe='')}/assess",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def override_triage(
    need_id: str, body: TriageIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[NeedAnswer]:
    """Give a need that nobody serves yet another score: charity and volunteering go by it. The computed one stays."""
    return Call(
        "POST",
        f"/v1/needs/{quote(need_id, safe='')}/triage",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def list_assessments(need_id: str) -> Call[NeedAssessmentsAnswer]:
    """Show the assessments of a need with their words, the first one first. The read is recorded."""
    return Call("GET", f"/v1/needs/{quote(need_id, safe='')}/assessments")


def count_needs(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count the needs of an area by the channel through which they came, also those that have ended."""
    return Call("GET", "/v1/needs:count", query={"area": area})


def merge_need(
    need_id: str, body: MergeNeedIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[NeedAnswer]:
    """End a need as a duplicate of another need of its station: `cancelled`, with the other one in `merged_into`."""
    return Call(
        "POST",
        f"/v1/needs/{quote(need_id, safe='')}/merge",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def list_duplicates(need_id: str) -> Call[LikelyDuplicatePage]:
    """List the needs that may be the same as this one, the most alike first: at most 5; `next` is null."""
    return Call("GET", f"/v1/needs/{quote(need_id, safe='')}/duplicates")
