"""Answers about the feed. They document the bytes that `reader.page_body` writes without parsing events."""

from typing import Annotated, Any

from pydantic import Field

from services.gateway.http.answers import Answer

FeedCursorText = Annotated[
    int | str,
    Field(
        description="Opaque: keep it as it came, a number or a text, and send it back. Its last digits count the "
        "events without a gap.",
        examples=["0k3f9x2m1d8r5t7w2q4z-391", 391],
    ),
]


class FeedEntry(Answer):
    """An event with its cursor."""

    cursor: FeedCursorText
    event: dict[str, Any] = Field(description="A CloudEvent 1.0.")


class FeedSnapshot(Answer):
    """A place in the feed up to which every list shows all events."""

    cursor: FeedCursorText = Field(description="Give it as `after` once you have read the lists.")


class FeedAnswer(Answer):
    """Events in order."""

    items: list[FeedEntry]
    next: FeedCursorText | None = Field(description="Give it as `after`; null when there is nothing more for now.")


class FeedPage(FeedAnswer):
    """A page of the feed: events in order, and the place where it ends."""

    cursor: FeedCursorText = Field(
        description="The end of this page, also where `next` is null or `items` empty: keep it, and give it as `after` "
        "the next time. A gateway of release 0.2 does not answer it."
    )
