"""Answers about the feed. They document the bytes that `reader.page_body` writes without parsing events."""

from typing import Any

from pydantic import Field

from services.gateway.http.answers import Answer


class FeedEntry(Answer):
    """An event with its cursor."""

    cursor: int
    event: dict[str, Any] = Field(description="A CloudEvent 1.0.")


class FeedAnswer(Answer):
    """Events in order."""

    items: list[FeedEntry]
    next: int | None = Field(description="Give it as `after`; null when there is nothing more for now.")
