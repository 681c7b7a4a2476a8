"""Reading the feed: pages after a cursor, the events of one need, and streams that follow its head."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Final, NamedTuple, Self

from fastapi import Depends, Request
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from services.gateway.background import end
from services.gateway.projection.feed import FEED, FeedHead, FeedItem, feed_id
from services.gateway.reading.areas import within
from services.gateway.reading.views import MAX_MILLISECONDS
from shared.engine.decide.schema import Document
from shared.runtime.logging import describe, get_logger

MOST_EVENTS: Final = 1000
WINDOW: Final = 10_000
"""Cursors searched at once for a caller who sees one area only."""
POLL_SECONDS: Final = 0.05
SILENCE_SECONDS: Final = 15.0
"""After so long without an event a comment keeps the connection open."""


class FeedRow(NamedTuple):
    """An event of the feed: its cursor, its type, and the CloudEvent as JSON text."""

    cursor: int
    type: str
    event: str


@dataclass(frozen=True, slots=True)
class Portion:
    """Events after a cursor; `upto` is the last cursor that was searched, `more` whether there is more already."""

    items: list[FeedRow]
    upto: int
    more: bool


class Feed:
    """Reads the feed that the projector writes. `async with` it: one task watches the head for all streams."""

    def __init__(self, database: AsyncDatabase[Document], max_streams: int) -> None:
        self._items = database[FeedItem.collection]
        self._heads = database[FeedHead.collection]
        self._max_streams = max_streams
        self._streams = 0
        self._head = 0
        self._grown = asyncio.Event()
        self._closing = False
        self._watcher: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._watcher = asyncio.create_task(self._watch(), name="feed")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()
        if self._watcher is not None:
            await end(self._watcher)

    def close(self) -> None:
        """Let every stream end: by itself none would, and the process could not stop."""
        self._closing = True
        self._grown.set()

    @property
    def full(self) -> bool:
        """Whether no further stream may be opened."""
        return self._streams >= self._max_streams

    async def head(self) -> int:
        """Return the last cursor given, 0 for an empty feed."""
        found = await self._heads.find_one({"_id": FEED}, {"last": 1})
        return 0 if found is None else int(found["last"])

    async def read(self, after: int, limit: int, area: str) -> Portion:
        """Return at most `limit` events after the cursor, in order; of the area only, where one is given."""
        if not area:
            found = await self._range(after, after + limit, {}, limit)
            # Cursors have no gaps, so so many events end at this cursor.
            upto = after + len(found)
            return Portion(found, upto, upto < await self.head() if len(found) == limit else False)
        head = await self.head()
        # A rare area would otherwise scan the whole feed in one query: `upto` lets the caller go on from here.
        upto = min(after + WINDOW, head)
        found = await self._range(after, upto, within(area), limit)
        if len(found) == limit:
            upto = found[-1].cursor
        return Portion(found, max(upto, after), upto < head)

    async def at(self, cursors: Sequence[int]) -> Portion:
        """Return the events with those cursors, in order."""
        found = await self._find({"_id": {"$in": [feed_id(cursor) for cursor in cursors]}}, len(cursors))
        return Portion(found, max(cursors, default=0), more=False)

    async def stream(self, after: int, area: str) -> AsyncIterator[bytes]:
        """Yield Server-Sent Events after the cursor until `close`; `id` is the cursor to resume from.

        https://html.spec.whatwg.org/multipage/server-sent-events.html
        """
        self._streams += 1
        try:
            yield b": connected\n\n"
            while not self._closing:
                portion = await self.read(after, MOST_EVENTS, area)
                after = portion.upto
                if portion.items:
                    yield b"".join(_sse(row) for row in portion.items)
                elif not portion.more and not await self._grows(after):
                    yield b": still here\n\n"
        finally:
            self._streams -= 1

    async def _range(self, after: int, upto: int, rule: Document, limit: int) -> list[FeedRow]:
        return await self._find({"_id": {"$gt": feed_id(after), "$lte": feed_id(upto)}, **rule}, limit)

    async def _find(self, asked: Document, limit: int) -> list[FeedRow]:
        if limit == 0:
            return []  # to MongoDB a limit of 0 means all
        cursor = self._items.find(asked, {"_id": 0, "cursor": 1, "type": 1, "event": 1})
        found = await cursor.sort("_id", 1).limit(limit).max_time_ms(MAX_MILLISECONDS).to_list()
        return [FeedRow(row["cursor"], row["type"], row["event"]) for row in found]

    async def _grows(self, after: int) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(SILENCE_SECONDS):
                while self._head <= after and not self._closing:
                    self._grown.clear()
                    await self._grown.wait()
                return True
        return False

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if not self._streams:
                continue
            try:
                head = await self.head()
            except PyMongoError as error:
                get_logger().warning("feed_unreadable", error=describe(error))
                await asyncio.sleep(1)
                continue
            if head != self._head:
                self._head = head
                self._grown.set()


def page_body(portion: Portion) -> bytes:
    """Return `{"items": [{"cursor", "event"}], "next"}`; events are JSON already and are not parsed for it."""
    items = ",".join(f'{{"cursor":{row.cursor},"event":{row.event}}}' for row in portion.items)
    return f'{{"items":[{items}],"next":{portion.upto if portion.more else "null"}}}'.encode()


def _sse(row: FeedRow) -> bytes:
    # An event's JSON has no line breaks: it is written compactly, and a break inside a string is escaped.
    data = row.event.replace("\r", "").replace("\n", "")
    return f"id: {row.cursor}\nevent: {row.type}\ndata: {data}\n\n".encode()


# A coroutine although it waits for nothing: FastAPI would run a plain function in a thread.
async def _feed(request: Request) -> Feed:
    feed: Feed = request.app.state.feed
    return feed


TheFeed = Annotated[Feed, Depends(_feed)]
