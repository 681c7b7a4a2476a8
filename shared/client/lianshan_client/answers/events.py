"""Answers of events: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TypedDict

from ..events import FeedEntry


class FeedAnswer(TypedDict):
    """Events in order."""

    items: list[FeedEntry]
    next: int | str | None


class FeedPage(TypedDict):
    """A page of the feed: events in order, and the place where it ends."""

    items: list[FeedEntry]
    next: int | str | None
    cursor: int | str


class FeedSnapshot(TypedDict):
    """A place in the feed up to which every list shows all events."""

    cursor: int | str
