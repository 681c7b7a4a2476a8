"""The feed as it is stored: every event in one order, each with a cursor. All views are made from it."""

import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final, Generic, Self, TypeVar
from zlib import crc32

from pymongo.database import Database

from services.gateway.projection.decoded import DECODED
from services.gateway.projection.feature import Projection, partition_of
from services.gateway.projection.view import envelope
from shared.contracts.envelope import CloudEvent, read_event, typed_envelope
from shared.contracts.messages import EventData
from shared.engine import TURN, Entity, Fence, Get, Handling, Incoming, Query
from shared.engine.decide.entity import Evolving, fields_of
from shared.engine.decide.schema import Document, Schema, Step

FEED: Final = "feed"
"""The id of the one FeedHead."""
CURSOR_DIGITS: Final = 16
MAX_MILLIS: Final = 5_000
"""Milliseconds that the store may take over one search."""
FIRST_EPOCH: Final = ""
"""The epoch of a feed that release 0.2.0 began; it has no name, and its cursors are plain numbers."""

D_co = TypeVar("D_co", covariant=True)


class FeedHead(Entity):
    """The last cursor given; written in one transaction with the item, so that cursors have no gap and no duplicate.

    `lease` is the number of the sequencer's lease that wrote last: one that was paused and replaced cannot go on.
    `epoch` is part of every cursor that callers get. The first event gives it, each restore another: the feed then goes
    on from an earlier position, and a cursor of before would point at other events.

    Up to `swept`, announced at `swept_at` (UTC), the feed keeps the last event about each subject alone, and up to
    `cleared` the others are gone. Retention writes these three beside the sequencer, without raising the version.
    """

    collection: ClassVar[str] = "feed_head"
    last: int = 0
    lease: int = 0
    epoch: str = FIRST_EPOCH
    swept: int = 0
    swept_at: datetime | None = None
    cleared: int = 0


def _with_subject(document: Document) -> Document:
    document["subject"] = json.loads(document["event"])["subject"]
    return document


class FeedItem(Evolving):
    """An event with its cursor. The id is the padded cursor, so that readers need no other index.

    A rebuilt view reads them from the first. None is deleted but by retention, see `features.feed.sweeping`.
    """

    collection: ClassVar[str] = "feed"
    stored_as: ClassVar[Schema] = Schema((Step("the subject stands apart from the event", change=_with_subject),))
    cursor: int
    type: str
    area: str
    partition: int
    """The partition of the event's subject."""
    event: str
    """The CloudEvent as it came, JSON text."""
    subject: str
    """The id of the aggregate that the event is about."""
    mark: int = 0
    """By which an event that comes again after the inbox has forgotten it is found, see `mark_of`."""

    def stored_fields(self, only: AbstractSet[str] | None) -> Document:
        """Return all fields or `only` these as they are."""
        return fields_of(self, only)


HEAD: Final = Get(FeedHead, FEED)
KNOWN_FOR: Final = timedelta(days=1)
"""The inbox knows every event that happened so short a time ago: it keeps keys for two days at least."""
_HASH_BITS: Final = 20
MAX_MARKED: Final = (1 << 63 - _HASH_BITS) - 1
"""Milliseconds since 1970, in the year 2248."""


@dataclass(frozen=True)
class Marked(Query[FeedItem]):
    """The items of the feed with that mark: one event as a rule, or none."""

    mark: int
    model = FeedItem
    limit: ClassVar[int] = 100

    @classmethod
    def fetch(cls, database: Database[Document], queries: Sequence[Self]) -> list[list[Document]]:
        """Return the items of each query, by the index of the marks."""
        rule: Document = {"mark": {"$in": [query.mark for query in queries], "$gt": 0}}
        rows = list(database[FeedItem.collection].find(rule, max_time_ms=MAX_MILLIS))
        return [[row for row in rows if row["mark"] == query.mark][: cls.limit] for query in queries]

    def matches(self, entity: FeedItem) -> bool:
        """Return whether the item has the mark."""
        return entity.mark == self.mark

    def rank(self, entity: FeedItem) -> int:
        """Return the item's cursor."""
        return entity.cursor


def mark_of(event: CloudEvent) -> int:
    """Return the milliseconds of the event's time before 20 bits of its key's hash, above 0.

    Marks rise about as events happen, so that their index grows at its end, and costs 8 bytes an event.
    """
    return first_mark(event.instant) | crc32(event.key.encode()) % (1 << _HASH_BITS)


def first_mark(instant: datetime) -> int:
    """Return the lowest mark of events of that time."""
    # Within 63 bits, for any time that another program has given it.
    return min(max(1, round(instant.timestamp() * 1000)), MAX_MARKED) << _HASH_BITS


@dataclass(frozen=True, slots=True)
class Followed(Incoming[D_co], Generic[D_co]):
    """An event as the feed gives it to the views: with its cursor, and the partition that it is applied in."""

    cursor: int = 0
    partition: int = 0


def feed_id(cursor: int) -> str:
    """Return a cursor as a document's id, zero-padded to 16 digits, so that ids sort as their numbers do."""
    return f"{cursor:0{CURSOR_DIGITS}d}"


def append(message: Incoming[EventData], fence: Fence) -> Handling:
    """Give the event the next cursor and store it as it came.

    An event that the inbox may have forgotten is looked up in the feed, and keeps its place there. Raises
    LeaseLostError where another sequencer has taken over.
    """
    event = envelope(message)
    marked = Marked(mark_of(event))
    work = yield [HEAD]
    is_old = event.instant < work.now - KNOWN_FOR
    if is_old:
        yield [marked]
    work = yield TURN
    if is_old and any(read_event(item.event).key == event.key for item in work.find(marked)):
        return
    head = work.get(FeedHead, FEED) or FeedHead(id=FEED, epoch=work.new_id("epoch").removeprefix("epoch_"))
    cursor, lease = head.last + 1, fence.check(head.lease)
    # The bytes that arrived, not the parsed event: fields that this release does not know are kept for readers.
    if isinstance(message.raw, bytes):
        DECODED.keep(text := message.raw.decode(), event)
    else:
        text = event.model_dump_json()
    work.put(head.model_copy(update={"last": cursor, "lease": lease}))
    work.put(
        FeedItem(
            id=feed_id(cursor),
            cursor=cursor,
            type=event.type,
            area=event.area,
            partition=partition_of(event.subject),
            event=text,
            subject=event.subject,
            mark=marked.mark,
        )
    )


def begin_epoch(store: Database[Document], epoch: str) -> None:
    """Begin another epoch of the feed, under a name that it never had: 1 to 40 digits and small letters.

    Every cursor given so far is refused from now on. A feed without any event gets its epoch with the first one.
    """
    store[FeedHead.collection].update_one({"_id": FEED}, {"$set": {"epoch": epoch}, "$inc": {"version": 1}})


def follow(cursor: int, kind: str, text: str) -> Followed[EventData]:
    """Return an item of the feed, of that type, as the views take it, in the partition of its subject.

    Raises pydantic.ValidationError where this release cannot read the event.
    """
    event = DECODED.take(text) or _read(kind, text)
    return Followed(
        realm="event", key=event.key, id=event.key, type=event.type, data=event.data, time=event.time,
        correlation=event.correlationid, traceparent=event.traceparent, event=event,
        cursor=cursor, partition=partition_of(event.subject),
    )  # fmt: skip


def _read(kind: str, text: str) -> CloudEvent:
    # In one pass, where the type is known.
    typed = typed_envelope(kind)
    return read_event(text) if typed is None else typed.model_validate_json(text, extra="ignore")


def placed(message: Followed[EventData], projection: Projection) -> Followed[EventData]:
    """Return the event in the partition that the projection wants it applied in."""
    if projection.partition is None:
        return message
    return replace(message, partition=partition_of(projection.partition(message.data)))


def cursor_of(message: Incoming[object]) -> int:
    """Return the event's cursor in the feed. Raises TypeError for a message that does not come from the feed."""
    if not isinstance(message, Followed):
        raise TypeError(f"{message.type} does not come from the feed, and only the feed has cursors")
    return message.cursor
