"""Calls of events: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from urllib.parse import quote

from ..answers.events import FeedAnswer, FeedPage
from ..calls import Call, Listing
from ..events import FeedEntry


def list_events(*, after: str | int | None = None, limit: int | None = None) -> Listing[FeedPage, FeedEntry]:
    """List events in order, each with its cursor. `next` is null at the end: ask again later, after `cursor`."""
    return Listing("GET", "/v1/events", query={"after": after, "limit": limit})


def list_events_of_need(need_id: str) -> Call[FeedAnswer]:
    """List the events about a need, in order and whole: each names its cause. The latest 200; `next` is null."""
    return Call("GET", f"/v1/needs/{quote(need_id, safe='')}/events")
