"""Calls of merges: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from urllib.parse import quote

from ..answers.merges import MergeAnswer, MergesAnswer
from ..bodies.merges import MergeIn, UnmergeIn
from ..calls import Call, Listing, new_key


def merge_volunteers(
    volunteer_id: str, body: MergeIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[MergeAnswer]:
    """Have a volunteer's id stand for another's: both are one person. Promises and record of service go over."""
    return Call(
        "POST",
        f"/v1/volunteers/{quote(volunteer_id, safe='')}/merge",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def unmerge_volunteers(
    volunteer_id: str, body: UnmergeIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[MergeAnswer]:
    """Undo the merge of this id: each has its own records again; later ones stay with the other."""
    return Call(
        "POST",
        f"/v1/volunteers/{quote(volunteer_id, safe='')}/unmerge",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def list_volunteer_merges(
    volunteer_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[MergesAnswer, MergeAnswer]:
    """Show the ids of a volunteer, and every merge and undoing that led to them, newest first."""
    return Listing(
        "GET", f"/v1/volunteers/{quote(volunteer_id, safe='')}/merges", query={"limit": limit, "after": after}
    )


def merge_donors(
    donor_id: str, body: MergeIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[MergeAnswer]:
    """Have a donor's id stand for another's: both are one giver. Gifts and receipts stay under the id of their day."""
    return Call(
        "POST",
        f"/v1/donors/{quote(donor_id, safe='')}/merge",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def unmerge_donors(
    donor_id: str, body: UnmergeIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[MergeAnswer]:
    """Undo the merge of this id; gifts since then stay with the other."""
    return Call(
        "POST",
        f"/v1/donors/{quote(donor_id, safe='')}/unmerge",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def list_donor_merges(
    donor_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[MergesAnswer, MergeAnswer]:
    """Show the ids of a donor, and every merge and undoing that led to them, newest first."""
    return Listing("GET", f"/v1/donors/{quote(donor_id, safe='')}/merges", query={"limit": limit, "after": after})


def merge_residents(
    resident_id: str, body: MergeIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[MergeAnswer]:
    """Have a resident's id stand for another's: both are one person. Needs and consents count under either id."""
    return Call(
        "POST",
        f"/v1/residents/{quote(resident_id, safe='')}/merge",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def unmerge_residents(
    resident_id: str, body: UnmergeIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[MergeAnswer]:
    """Undo the merge of this id: each has their own needs, consents and place in the household again."""
    return Call(
        "POST",
        f"/v1/residents/{quote(resident_id, safe='')}/unmerge",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def list_resident_merges(
    resident_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[MergesAnswer, MergeAnswer]:
    """Show the ids of a resident, and every merge and undoing that led to them, newest first."""
    return Listing("GET", f"/v1/residents/{quote(resident_id, safe='')}/merges", query={"limit": limit, "after": after})
