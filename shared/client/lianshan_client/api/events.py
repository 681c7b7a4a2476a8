"""Calls of events: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.events import FeedAnswer, FeedPage, FeedSnapshot
from ..calls import Call, Listing
from ..events import FeedEntry


def list_events(
    *,
    after: str | int | None = None,
    limit: int | None = None,
    type: Sequence[str] | None = None,
    area: str | None = None,
    subject: Sequence[str] | None = None,
) -> Listing[FeedPage, FeedEntry]:
    """List events in order, each with its cursor. `next` is null at the end: ask again later, after `cursor`."""
    return Listing(
        "GET", "/v1/events", query={"after": after, "limit": limit, "type": type, "area": area, "subject": subject}
    )


def show_snapshot() -> Call[FeedSnapshot]:
    """Show the cursor up to which every list shows all events. Ask for it first, then read the lists to their ends."""
    return Call("GET", "/v1/events/snapshot")


def list_events_of_need(need_id: str) -> Call[FeedAnswer]:
    """List the events about a need, in order and whole: each names its cause. The latest 200; `next` is null."""
    return Call("GET", f"/v1/needs/{quote(need_id, safe='')}/events")
