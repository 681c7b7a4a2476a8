"""Open event streams: how many, of whom, and whether their credentials still count."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from time import monotonic
from typing import Annotated, Final, Self

from fastapi import Depends, Request
from pymongo.errors import PyMongoError

from services.gateway.access.grants import Grant
from services.gateway.access.keys import KeyStore
from services.gateway.access.sessions import SessionStore
from services.gateway.background import end
from services.gateway.features.feed.cursors import FeedCursor
from services.gateway.features.feed.reader import Feed
from services.gateway.features.feed.wanted import Wanted
from services.gateway.http.problems import Problem
from shared.runtime.logging import describe, get_logger

CHECK_SECONDS: Final = 2.0
"""Credentials of open streams are read again so often: a revoked one ends its streams well within 5 s everywhere."""
RETRY_SECONDS: Final = 10
BEGIN_SECONDS: Final = 10.0
"""A place that is taken for a stream is free again where that has not begun by then: its reader has left."""


@dataclass(slots=True, eq=False)
class OpenStream:
    """One open stream; it ends itself as soon as its credential no longer counts."""

    grant: Grant
    counts: bool = True
    begun: bool = False
    reserved_at: float = field(default_factory=monotonic)

    def is_valid(self) -> bool:
        """Return whether the credential still counted at the last check."""
        return self.counts


class Streams:
    """The open streams of this process. `async with` it: one task checks the credentials of all."""

    def __init__(self, feed: Feed, keys: KeyStore, sessions: SessionStore, most_of_one: int) -> None:
        self.feed = feed
        self._keys = keys
        self._sessions = sessions
        self._most_of_one = most_of_one
        self._open: set[OpenStream] = set()
        self._checker: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._checker = asyncio.create_task(self._follow(), name="streams")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._checker is not None:
            await end(self._checker)

    def reserve(self, grant: Grant) -> OpenStream:
        """Take a place for a stream at once: many requests may come together, before the first stream begins.

        Raises Problem where none may be opened: 503 for all, 429 for this principal.
        """
        retry = {"Retry-After": str(RETRY_SECONDS)}
        if len(self._open) >= self.feed.most_streams:
            raise Problem(503, "unavailable", "too_many_streams", headers=retry)
        own = sum(stream.grant.actor.principal == grant.actor.principal for stream in self._open)
        if own >= self._most_of_one:
            raise Problem(
                429, "too_many_requests", "own_streams_used_up", headers=retry, open=own, seconds=RETRY_SECONDS
            )
        stream = OpenStream(grant)
        self._open.add(stream)
        return stream

    async def follow(
        self, start: FeedCursor, stream: OpenStream, wanted: Wanted | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Yield the wanted events after the cursor, as Server-Sent Events, for as long as the credential counts."""
        stream.begun = True
        self._open.add(stream)
        try:
            # Closed with this one, so that its place is free at once.
            async with aclosing(self.feed.stream(start, stream.grant.actor, stream.is_valid, wanted)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            self._open.discard(stream)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                await self.check()
            except PyMongoError as error:
                # Without the store no stream gets an event either.
                get_logger().warning("keys_of_streams_unread", error=describe(error))

    async def check(self) -> None:
        """End the streams whose credential was revoked or has ended; free places that nobody came for.

        One query finds the keys, one the sessions.
        """
        late = monotonic() - BEGIN_SECONDS
        self._open -= {stream for stream in self._open if not stream.begun and stream.reserved_at < late}
        checked = [(stream, stream.grant) for stream in self._open]
        sessions = {grant.session_id for _, grant in checked if grant.session_id is not None}
        keys = {grant.stored_id for _, grant in checked if grant.stored_id is not None} - sessions
        valid = await self._keys.find_valid(keys) if keys else set()
        valid |= await self._sessions.find_valid(sessions) if sessions else set()
        now = self._keys.now()
        # A token is stored nowhere: it ends when it says. Two of one person end apart, and so do their streams.
        ended = [
            stream
            for stream, grant in checked
            if grant.has_ended(now) or (grant.stored_id is not None and grant.stored_id not in valid)
        ]
        for stream in ended:
            stream.counts = False
        if ended:
            self.feed.wake()


# A coroutine although it waits for nothing: FastAPI would run a plain function in a thread.
async def _streams(request: Request) -> Streams:
    streams: Streams = request.app.state.streams
    return streams


TheStreams = Annotated[Streams, Depends(_streams)]
