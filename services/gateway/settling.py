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
        self._waiting: dict[asyncio.Future[None], Sight] = {}
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

    async def seen(self, sights: Iterable[Sight]) -> bool:
        """Whether all are in sight, after waiting for them as long as the settings say."""
        wanted = list(sights)
        if not wanted or len(self._waiting) + len(wanted) > MOST_WAITING:
            return not wanted
        loop = asyncio.get_running_loop()
        futures = {loop.create_future(): sight for sight in wanted}
        self._waiting.update(futures)
        self._some.set()
        try:
            _, pending = await asyncio.wait(futures, timeout=self._seconds)
        finally:
            for future in futures:
                self._waiting.pop(future, None)
        return not pending

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
            # A slow store is asked less often.
            await asyncio.sleep(max(POLL_SECONDS, monotonic() - began))

    async def _look(self) -> None:
        waiting = dict(self._waiting)
        for collection in {sight.collection for sight in waiting.values()}:
            ids = [sight.id for sight in waiting.values() if sight.collection == collection]
            cursor = self._database[collection].find({"_id": {"$in": ids}}, {"seen": 1})
            seen = {row["_id"]: row["seen"] async for row in cursor}
            for future, sight in waiting.items():
                there = sight.collection == collection and seen.get(sight.id, 0) >= sight.version
                if there and not future.done():
                    future.set_result(None)
