"""Read your writes: an answer waits until the views show the change that it reports, for a moment at most."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Final, Generic, Self, TypeVar

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from services.gateway.background import end
from shared.engine import Entity
from shared.engine.decide.schema import Document
from shared.runtime.logging import describe, get_logger

POLL_SECONDS: Final = 0.008
REST: Final = 3
"""Between two looks it rests so many times as long as a look takes: a busy store is asked less often."""
LONGEST_REST: Final = 1.0
MOST_WAITING: Final = 5000
"""Views waited for at once; a request beyond them is answered without waiting."""

V = TypeVar("V", bound=Entity)
V_co = TypeVar("V_co", bound=Entity, covariant=True)


@dataclass(frozen=True, slots=True)
class Awaited(Generic[V_co]):
    """A view that shows at least that version of a thing."""

    model: type[V_co]
    id: str
    version: int


class ReadYourWrites:
    """One poller for all that wait: one query a collection and round, however many they are. `async with` it."""

    def __init__(
        self, database: AsyncDatabase[Document], stored_name: Callable[[str], str | None], milliseconds: int
    ) -> None:
        self._database = database
        self._stored_name = stored_name
        self._seconds = milliseconds / 1000
        self._waiting: dict[asyncio.Future[Document], Awaited[Entity]] = {}
        self._some = asyncio.Event()
        self._poller: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._poller = asyncio.create_task(self._poll(), name="read your writes")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._poller is not None:
            await end(self._poller)

    async def wait_for(self, awaited: Iterable[Awaited[V]]) -> dict[str, V]:
        """Return by id the views that show the versions awaited, after the setting's milliseconds at most.

        A view that does not show its version in time is left out: the caller then answers from the owner's answer.
        """
        wanted = list(awaited)
        if not wanted or len(self._waiting) + len(wanted) > MOST_WAITING:
            return {}
        loop = asyncio.get_running_loop()
        futures: dict[asyncio.Future[Document], Awaited[V]] = {loop.create_future(): one for one in wanted}
        for future, one in futures.items():
            self._waiting[future] = one
        self._some.set()
        try:
            done, _ = await asyncio.wait(futures, timeout=self._seconds)
        finally:
            for future in futures:
                self._waiting.pop(future, None)
        return {futures[future].id: futures[future].model.from_document(future.result()) for future in done}

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
        # A copy: a request that gives up while a query runs is taken out of the original.
        waiting = dict(self._waiting)
        for collection in {awaited.model.collection for awaited in waiting.values()}:
            await self._look_into(collection, waiting)

    async def _look_into(self, collection: str, waiting: Mapping[asyncio.Future[Document], Awaited[Entity]]) -> None:
        stored = self._stored_name(collection)
        if stored is None:
            return  # built for the first time: those that wait are answered without it
        here = {future: one for future, one in waiting.items() if one.model.collection == collection}
        # Whole views: the answer is made from them without a second query.
        rule: Document = {"_id": {"$in": [one.id for one in here.values()]}, "seen": {"$gt": 0}}
        views = {view["_id"]: view async for view in self._database[stored].find(rule)}
        for future, awaited in here.items():
            view = views.get(awaited.id)
            if view is not None and view["seen"] >= awaited.version and not future.done():
                future.set_result(view)
