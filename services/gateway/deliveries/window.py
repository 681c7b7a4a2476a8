"""The end of the feed, read once for all webhooks of a worker."""

import asyncio
from bisect import bisect_right
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from pymongo.asynchronous.database import AsyncDatabase

from services.gateway.deliveries.feed_event import FeedEvent, event_of
from services.gateway.projection.feed import FEED, FIRST_EPOCH, FeedHead, FeedItem, feed_id
from shared.engine.decide.schema import Document

MAX_MILLIS: Final = 5_000
"""Milliseconds that the store may take over one read."""
MOST_EVENTS: Final = 500
"""Events of one read."""
MOST_KEPT: Final = 4_000
MOST_KEPT_BYTES: Final = 16 * 1024 * 1024
_POSITION: Final = attrgetter("position")


@dataclass(frozen=True, slots=True)
class Head:
    """The feed's epoch and its last position."""

    epoch: str
    last: int


class FeedWindow:
    """Reads the feed behind a position. The last events are kept, at most MOST_KEPT and MOST_KEPT_BYTES."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._items = database[FeedItem.collection]
        self._heads = database[FeedHead.collection]
        self._kept: list[FeedEvent] = []
        self._bytes = 0
        self._before = 0
        """The kept events are all those behind this position."""
        self._epochs = 0
        self._turn = asyncio.Lock()

    async def head(self) -> Head:
        """Return the end of the feed. Raises PyMongoError."""
        row = await self._heads.find_one({"_id": FEED}, max_time_ms=MAX_MILLIS)
        return Head(FIRST_EPOCH, 0) if row is None else Head(row.get("epoch", FIRST_EPOCH), int(row["last"]))

    async def read(self, after: int, upto: int) -> list[FeedEvent]:
        """Return at most MOST_EVENTS events behind `after` and up to `upto`, in order. Raises PyMongoError."""
        async with self._turn:
            end = self._kept[-1].position if self._kept else self._before
            if self._kept and self._before <= after < end:
                start = bisect_right(self._kept, after, key=_POSITION)
                return self._kept[start : start + MOST_EVENTS]
            epochs = self._epochs
            found = await self._find(after, upto)
            if epochs != self._epochs:
                return found  # of the epoch before: none of it is kept
            if after != end:
                # Far behind the others, or the first to read: the kept events begin here if these lead further.
                if not found or found[-1].position <= end:
                    return found
                self._forget(after)
            self._keep(found)
            return found

    async def at(self, positions: list[int]) -> dict[int, FeedEvent]:
        """Return the events at those positions that the feed has. Raises PyMongoError."""
        rule: Document = {"_id": {"$in": [feed_id(position) for position in positions]}}
        rows = await self._items.find(rule).limit(len(positions)).max_time_ms(MAX_MILLIS).to_list() if positions else []
        return {event.position: event for event in map(event_of, rows)}

    def forget(self) -> None:
        """Keep nothing: the feed has begun another epoch."""
        self._epochs += 1
        self._forget(0)

    def _forget(self, before: int) -> None:
        self._kept.clear()
        self._bytes, self._before = 0, before

    def _keep(self, events: list[FeedEvent]) -> None:
        self._kept += events
        self._bytes += sum(len(event.text) for event in events)
        if len(self._kept) <= MOST_KEPT and self._bytes <= MOST_KEPT_BYTES:
            return
        # The older half at once, so that a list serves: it is copied once in thousands of events.
        gone = self._kept[: (len(self._kept) + 1) // 2]
        self._kept = self._kept[len(gone) :]
        self._bytes -= sum(len(event.text) for event in gone)
        self._before = gone[-1].position

    async def _find(self, after: int, upto: int) -> list[FeedEvent]:
        rule: Document = {"_id": {"$gt": feed_id(after), "$lte": feed_id(upto)}}
        fields = {"_id": 0, "cursor": 1, "type": 1, "area": 1, "event": 1}
        found = self._items.find(rule, fields).sort("_id", 1).limit(MOST_EVENTS)
        return [event_of(row) for row in await found.max_time_ms(MAX_MILLIS).to_list()]
