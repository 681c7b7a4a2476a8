"""The feed as it is stored, and the projection of every event into it and into the views of the other features."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import IndexModel

from services.gateway.projection.feature import Projections
from services.gateway.projection.view import envelope
from shared.contracts.messages import EventData
from shared.engine import TURN, Entity, Get, Handling, Incoming, UnitOfWork

FEED: Final = "feed"
"""The id of the one FeedHead."""
CURSOR_DIGITS: Final = 16


class FeedHead(Entity):
    """The last cursor given; written in one transaction with the item, so that cursors have no gap and no duplicate."""

    collection: ClassVar[str] = "feed_head"
    last: int = 0


class FeedItem(Entity):
    """An event with its cursor. The id is the padded cursor, so that the collection needs no other index."""

    collection: ClassVar[str] = "feed"
    cursor: int
    type: str
    area: str
    event: str
    """The CloudEvent as it came, JSON text."""


HEAD: Final = Get(FeedHead, FEED)
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {FeedItem.collection: [], FeedHead.collection: []}


def feed_id(cursor: int) -> str:
    """Return a cursor as a document's id, zero-padded to 16 digits, so that ids sort as their numbers do."""
    return f"{cursor:0{CURSOR_DIGITS}d}"


def project(message: Incoming[EventData], projections: Projections) -> Handling:
    """Append the event to the feed, then change every view that it belongs to.

    The feed comes first: the timeline of a need keeps the event's cursor, see `last_cursor`.
    """
    changing = projections.get(message.type, ())
    yield [HEAD, *(load for projection in changing for load in projection.loads(message.data))]
    work = yield TURN
    append(work, message)
    for projection in changing:
        projection.apply(work, message)


def append(work: UnitOfWork, message: Incoming[EventData]) -> None:
    """Give the event the next cursor and store it as it came."""
    event = envelope(message)
    head = work.get(FeedHead, FEED) or FeedHead(id=FEED)
    cursor = head.last + 1
    # The bytes that arrived, not the parsed event: fields that this release does not know are kept for readers.
    text = message.raw.decode() if isinstance(message.raw, bytes) else event.model_dump_json()
    work.put(head.model_copy(update={"last": cursor}))
    work.put(FeedItem(id=feed_id(cursor), cursor=cursor, type=event.type, area=event.area, event=text))


def last_cursor(work: UnitOfWork) -> int:
    """Return the cursor of the event that is being projected."""
    head = work.get(FeedHead, FEED)
    return head.last if head else 0
