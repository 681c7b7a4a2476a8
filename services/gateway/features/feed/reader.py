"""Reading the feed: pages after a cursor, the events of one need, and streams that follow its head."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Annotated, Final, Self

from fastapi import Depends, Request
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from services.gateway.background import end
from services.gateway.features.feed.cursors import EMPTY, FeedCursor, Head, write_cursor
from services.gateway.features.feed.items import FeedItems, FeedRow
from services.gateway.features.feed.wanted import ALL, Wanted
from services.gateway.http.problems import Problem
from services.gateway.projection.feed import FEED, FIRST_EPOCH, FeedHead, FeedItem
from services.gateway.reading.generations import ViewPositions
from services.gateway.reading.views import MAX_MILLISECONDS
from shared.contracts.access import Actor, may_see
from shared.engine.decide.schema import Document
from shared.runtime.logging import describe, get_logger

MOST_EVENTS: Final = 1000
STREAM_EVENTS: Final = 50
"""Events that a stream holds at once: a reader that does not read keeps no more of them in memory."""
LARGE_EVENTS: Final = 100
LARGE_AT_ONCE: Final = 4
"""Pages of more than LARGE_EVENTS that are read at once: each takes milliseconds of the loop, and megabytes."""
PIECE_BYTES: Final = 16 * 1024
"""Bytes after which a stream waits until its reader has taken them."""
POLL_SECONDS: Final = 0.05
RETRY_SECONDS: Final = 60
"""When a caller may come again for a filter whose field a migration is adding."""
SILENCE_SECONDS: Final = 15.0
"""After so long without an event a comment keeps the connection open."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Events after a cursor; `upto` is the last position that was searched, `more` whether there is more already.

    `epoch` is that of the feed, part of the cursors that the caller gets; `swept` as of its head.
    """

    items: list[FeedRow]
    upto: int
    more: bool
    epoch: str = FIRST_EPOCH
    swept: int = 0

    @property
    def end(self) -> FeedCursor:
        """The place behind all that was searched."""
        return FeedCursor(self.epoch, self.upto, self.upto < self.swept)


class Feed:
    """Reads the feed that the projector writes. `async with` it: one task watches the head for all streams."""

    def __init__(self, database: AsyncDatabase[Document], max_streams: int) -> None:
        self._items = FeedItems(database[FeedItem.collection])
        self._heads = database[FeedHead.collection]
        self._newest_heads = self._heads.with_options(read_concern=ReadConcern("linearizable"))
        self._views = ViewPositions(database)
        self.most_streams = max_streams
        self._streams = 0
        self._head = EMPTY
        self._grown = asyncio.Event()
        self._closing = False
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)
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

    async def head(self) -> Head:
        """Return the feed's epoch and the last position given."""
        return _read_head(await self._heads.find_one({"_id": FEED}, max_time_ms=MAX_MILLISECONDS))

    async def now(self) -> FeedCursor:
        """Return the cursor behind the last event."""
        head = await self.head()
        return FeedCursor(head.epoch, head.last)

    async def snapshot(self) -> FeedCursor:
        """Return the cursor up to which every list shows all events: read the lists, then follow the feed after it."""
        shown, head = await self._views.lowest(), await self.head()
        return FeedCursor(head.epoch, min(shown, head.last))

    async def check(self, cursor: FeedCursor, wanted: Wanted = ALL) -> None:
        """Raise Problem: 410 where the cursor does not lead on in the feed as it is now, 503 as `read`."""
        await self._check(cursor, await self.head())
        await self._check_subjects(wanted)

    async def check_whole(self, position: int) -> None:
        """Raise Problem (410) where events behind that position are swept: a webhook would miss them in silence."""
        head = await self.head()
        await self._check(FeedCursor(head.epoch, min(position, head.last)), head)

    async def read(self, after: FeedCursor, limit: int, caller: Actor, wanted: Wanted | None = None) -> Portion:
        """Return at most `limit` events after the cursor, in order: those wanted that the caller may see.

        All of the caller's area are wanted where nothing is said; `want` keeps to that area. Raises Problem: 410
        for a cursor of another epoch, beyond the head or in the swept part, whose events are not those that follow; 503
        for subjects while some events are stored without theirs.
        """
        async with self._large if limit > LARGE_EVENTS else nullcontext():
            portion = await self._read_all(after, limit, Wanted(area=caller.area) if wanted is None else wanted)
        # After the reading: the reach of a page does not depend on the events that it leaves out.
        return replace(portion, items=[row for row in portion.items if may_see(caller, row.type)])

    async def _read_all(self, after: FeedCursor, limit: int, wanted: Wanted) -> Portion:
        start = after.position
        if not wanted.rule and not (after.is_beginning or after.in_swept):
            found = await self._items.between(start, start + limit, {}, limit)
            # The head after the items: theirs is at most this one, and so is their epoch.
            head = await self._checked_head(after)
            # Cursors have no gaps, so so many events end at this cursor.
            upto = start + len(found)
            return Portion(found, upto, len(found) == limit and upto < head.last, head.epoch, head.swept)
        head = await self._checked_head(after)
        # Between the head and the items: every event that the page searches has its subject then.
        await self._check_subjects(wanted)
        if wanted.area and not wanted.subjects:
            found, upto = await self._items.search_area(start, head.last, wanted, limit)
        else:
            # By the index of subjects or types: of each the next ones, merged in order.
            found, upto = await self._items.between(start, head.last, wanted.rule, limit), head.last
        if len(found) == limit:
            upto = found[-1].cursor
        return Portion(found, max(upto, start), upto < head.last, head.epoch, head.swept)

    async def at(self, positions: Sequence[int]) -> Portion:
        """Return the events at those positions, in order."""
        found = await self._items.at(positions)
        head = await self.head()
        return Portion(found, max(positions, default=0), more=False, epoch=head.epoch, swept=head.swept)

    async def stream(
        self, after: FeedCursor, caller: Actor, is_valid: Callable[[], bool], wanted: Wanted | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Yield Server-Sent Events after the cursor until `close`, or `is_valid` is false; `id` is where to resume.

        Ends where the feed begins another epoch: the answer to the caller's next request names the remedy. `wake` makes
        it ask `is_valid` at once. https://html.spec.whatwg.org/multipage/server-sent-events.html
        """
        self._streams += 1
        try:
            yield b": connected\n\n"
            with suppress(Problem):
                while is_valid() and not self._closing:
                    portion = await self.read(after, STREAM_EVENTS, caller, wanted)
                    # Before the first event the feed has no epoch yet.
                    after = portion.end if portion.upto else after
                    for piece in _pieces(portion):
                        # Asked again: a slow reader may have taken hours for the piece before.
                        if is_valid():
                            yield piece
                    if not portion.items and not portion.more and not await self._grows(after, is_valid):
                        yield b": still here\n\n"
        finally:
            self._streams -= 1

    def wake(self) -> None:
        """Let every stream look again whether it may go on."""
        self._grown.set()

    async def _checked_head(self, cursor: FeedCursor) -> Head:
        head = await self.head()
        await self._check(cursor, head)
        return head

    async def _check(self, cursor: FeedCursor, head: Head) -> None:
        if head.leads_on(cursor):
            return
        # After a failover a majority read may show an older head for a moment: nobody is sent back because of that.
        newest = _read_head(await self._newest_heads.find_one({"_id": FEED}, max_time_ms=MAX_MILLISECONDS))
        if newest.leads_on(cursor):
            return
        # The least that the lists show: a later start would pass over events that they do not show yet.
        shown = min(await self._views.lowest(), newest.last)
        start = str(write_cursor(newest.epoch, shown))
        if cursor.epoch != newest.epoch:
            raise Problem(410, "gone", "cursor_of_other_epoch", field="after", start=start)
        if cursor.position > newest.last:
            raise Problem(410, "gone", "cursor_beyond_feed", field="after", start=start)
        raise Problem(410, "gone", "cursor_in_swept_part", field="after", start=start)

    async def _check_subjects(self, wanted: Wanted) -> None:
        if wanted.subjects and not await self._items.have_subjects():
            raise Problem(503, "unavailable", "subjects_being_added", headers={"Retry-After": str(RETRY_SECONDS)})

    async def _grows(self, after: FeedCursor, is_valid: Callable[[], bool]) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(SILENCE_SECONDS):
                while self._head.last <= after.position and is_valid() and not self._closing:
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
    """Return `{"items": [{"cursor", "event"}], "next", "cursor"}`, where `cursor` is the end of the page."""
    return b'%s,"cursor":%s}' % (list_body(portion)[:-1], _json_cursor(portion, portion.upto).encode())


def list_body(portion: Portion) -> bytes:
    """Return `{"items": [{"cursor", "event"}], "next"}`; events are JSON already and are not parsed for it."""
    items = ",".join(f'{{"cursor":{_json_cursor(portion, row.cursor)},"event":{row.event}}}' for row in portion.items)
    following = _json_cursor(portion, portion.upto) if portion.more else "null"
    return f'{{"items":[{items}],"next":{following}}}'.encode()


def _json_cursor(portion: Portion, position: int) -> str:
    cursor = write_cursor(portion.epoch, position, portion.swept)
    # Letters, digits and a hyphen: nothing in it has to be escaped.
    return f'"{cursor}"' if isinstance(cursor, str) else str(cursor)


def _read_head(document: Document | None) -> Head:
    if document is None:
        return EMPTY
    return Head(document.get("epoch", FIRST_EPOCH), int(document["last"]), int(document.get("swept", 0)))


def _pieces(portion: Portion) -> Iterator[bytes]:
    """The events as Server-Sent Events, in pieces of about PIECE_BYTES."""
    piece = bytearray()
    for row in portion.items:
        piece += _sse(row, portion)
        if len(piece) >= PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


def _sse(row: FeedRow, portion: Portion) -> bytes:
    # An event's JSON has no line breaks: it is written compactly, and a break inside a string is escaped.
    data = row.event.replace("\r", "").replace("\n", "")
    return f"id: {write_cursor(portion.epoch, row.cursor, portion.swept)}\nevent: {row.type}\ndata: {data}\n\n".encode()


# A coroutine although it waits for nothing: FastAPI would run a plain function in a thread.
async def _feed(request: Request) -> Feed:
    feed: Feed = request.app.state.feed
    return feed


TheFeed = Annotated[Feed, Depends(_feed)]
