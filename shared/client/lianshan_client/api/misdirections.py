"""Calls of misdirections: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer
from ..answers.misdirections import Misdirection, MisdirectionPage, MisdirectionShape, MisdirectionState
from ..bodies.misdirections import ResolveMisdirectionBody
from ..calls import Call, Listing, new_key


def list_misdirections(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    state: Sequence[MisdirectionState] | None = None,
    volunteer_id: str | None = None,
) -> Listing[MisdirectionPage, Misdirection]:
    """List misdirections, newest first."""
    return Listing(
        "GET",
        "/v1/misdirections",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "state": state,
            "volunteer_id": volunteer_id,
        },
    )


def count_misdirections(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count misdirections by state."""
    return Call("GET", "/v1/misdirections:count", query={"area": area})


def read_misdirection(misdirection_id: str) -> Call[Misdirection]:
    """Show one misdirection."""
    return Call("GET", f"/v1/misdirections/{quote(misdirection_id, safe='')}")


def read_misdirection_history(
    misdirection_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one misdirection, oldest first."""
    return Listing(
        "GET", f"/v1/misdirections/{quote(misdirection_id, safe='')}/history", query={"limit": limit, "after": after}
    )


def resolve_misdirection(
    misdirection_id: str,
    body: ResolveMisdirectionBody,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[MisdirectionShape]:
    """State the outcome of the check of a volunteer's contact."""
    return Call(
        "POST",
        f"/v1/misdirections/{quote(misdirection_id, safe='')}/resolve",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
