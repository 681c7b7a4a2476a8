"""Calls of shortfalls: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, HistoryAnswer
from ..answers.shortfalls import OpenOrClosed, ShortfallAnswer, ShortfallKind, ShortfallPage
from ..calls import Call, Listing


def list_shortfalls(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    station_id: str | None = None,
    fund_id: str | None = None,
    need_id: str | None = None,
    donation_id: str | None = None,
    state: Sequence[OpenOrClosed] | None = None,
    kind: Sequence[ShortfallKind] | None = None,
) -> Listing[ShortfallPage, ShortfallAnswer]:
    """List shortfalls: amounts that the books owe, and those that were made up or taken back."""
    return Listing(
        "GET",
        "/v1/shortfalls",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "station_id": station_id,
            "fund_id": fund_id,
            "need_id": need_id,
            "donation_id": donation_id,
            "state": state,
            "kind": kind,
        },
    )


def read_shortfall(shortfall_id: str) -> Call[ShortfallAnswer]:
    """Show one shortfall."""
    return Call("GET", f"/v1/shortfalls/{quote(shortfall_id, safe='')}")


def read_shortfall_history(
    shortfall_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one shortfall, oldest first."""
    return Listing(
        "GET", f"/v1/shortfalls/{quote(shortfall_id, safe='')}/history", query={"limit": limit, "after": after}
    )
