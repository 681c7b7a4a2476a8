"""Read your writes: an answer waits until the projections show what was done, for a moment at most."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, Self

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from shared.runtime.logging import describe, get_logger

POLL_SECONDS: Final = 0.008
REST: Final = 3
"""Between two looks it rests so many times as long as a look takes: a store that has much to do is asked less often."""
LONGEST_REST: Final = 1.0
MOST_WAITING: Final = 5000

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sight:
    """A view that shows at least that version of a thing."""

    collection: str
    id: str
    version: int


class Settling:
    """One poller for all that wait: one query a collection and round, however many they are. `async with` it."""

    def __init__(self, database: AsyncDatabase[Document], milliseconds: int) -> None:
        self._database = database
        self._seconds = milliseconds / 1000
        self._waiting: dict[asyncio.Future[Document], Sight] = {}
        self._some = asyncio.Event()
        self._poller: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._poller = asyncio.create_task(self._poll(), name="settling")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._poller is not None:
            self._poller.cancel()
            with suppress(asyncio.CancelledError):
                await self._poller

    async def seen(self, sights: Iterable[Sight]) -> list[Document]:
        """The views that are in sight, after waiting for all as long as the settings say."""
        wanted = list(sights)
        if not wanted or len(self._waiting) + len(wanted) > MOST_WAITING:
            return []
        loop = asyncio.get_running_loop()
        futures: dict[asyncio.Future[Document], Sight] = {loop.create_future(): sight for sight in wanted}
        self._waiting.update(futures)
        self._some.set()
        try:
            done, _ = await asyncio.wait(futures, timeout=self._seconds)
        finally:
            for future in futures:
                self._waiting.pop(future, None)
        return [future.result() for future in done]

    async def _poll(self) -> None:
        while True:
            if not self._waiting:
                self._some.clear()
                await self._some.wait()
            began = monotonic()
            try:
                await self._look()
            except PyMongoError as error:
                get_logger().warning("settling_failed", error=describe(error))
                await asyncio.sleep(self._seconds)
            await asyncio.sleep(min(max(POLL_SECONDS, REST * (monotonic() - began)), LONGEST_REST))

    async def _look(self) -> None:
        waiting = dict(self._waiting)
        for collection in {sight.collection for sight in waiting.values()}:
            ids = [sight.id for sight in waiting.values() if sight.collection == collection]
            # Whole views: what a look finds needs no second question.
            cursor = self._database[collection].find({"_id": {"$in": ids}, "seen": {"$gt": 0}})
            views = {view["_id"]: view async for view in cursor}
            for future, sight in waiting.items():
                view = views.get(sight.id) if sight.collection == collection else None
                if view is not None and view["seen"] >= sight.version and not future.done():
                    future.set_result(view)
