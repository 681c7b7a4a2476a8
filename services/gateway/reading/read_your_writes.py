"""Read your writes: an answer waits until the views show the change that it reports, for a moment at most.

While a view stands still, as all do without a projector, nobody waits for it: every write would take the whole moment
and be shown no earlier. One change that was not waited for is looked for instead, until the view shows it in time.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from statistics import fmean
from time import monotonic
from typing import Final, Generic, Self, TypeVar

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from services.gateway.background import end
from shared.engine import Entity
from shared.engine.decide.schema import Document
from shared.runtime.logging import describe, get_logger

POLL_SECONDS: Final = 0.008
REST: Final = 0.5
"""Between two looks it rests so many times as long as a look takes: a busy store is asked less often. At three times 64
callers at once had their views 0.1 s and more before they were looked for again.
"""
LOOKS: Final = 4
"""Looks for each that waits, in the time that a view usually takes: most looks at a projector that gathers are vain."""
LONGEST_BETWEEN: Final = 0.05
"""Seconds that a look is put off, at most."""
NEWEST: Final = 0.1
"""The weight of the newest views, those that one look finds, in the time that a view usually takes."""
LONGEST_REST: Final = 1.0
MOST_WAITING: Final = 5000
"""Views waited for at once; a request beyond them is answered without waiting."""
PROBE_SECONDS: Final = 0.1
"""How often a view that stands still is looked at while nobody waits for another."""
PROBE_KEPT: Final = 60.0
"""How long one change is looked for; then the next request waits again, and finds out itself."""

V = TypeVar("V", bound=Entity)
V_co = TypeVar("V_co", bound=Entity, covariant=True)


@dataclass(frozen=True, slots=True)
class Awaited(Generic[V_co]):
    """A view that shows at least that version of a thing."""

    model: type[V_co]
    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Probe:
    """A change that a view which stands still has not shown, since an instant of the monotonic clock."""

    awaited: Awaited[Entity]
    since: float


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait for a view, since an instant of the monotonic clock."""

    awaited: Awaited[Entity]
    since: float


class ReadYourWrites:
    """One poller for all that wait: one query a collection and round, however many they are. `async with` it."""

    def __init__(
        self, database: AsyncDatabase[Document], stored_name: Callable[[str], str | None], milliseconds: int
    ) -> None:
        self._database = database
        self._stored_name = stored_name
        self._seconds = milliseconds / 1000
        self._waiting: dict[asyncio.Future[Document], Wait] = {}
        self._shown: dict[str, float] = {}
        """By collection, when a view that was waited for was last shown."""
        self._probes: dict[str, Probe] = {}
        """By collection that stands still, the change that shows when it moves again."""
        self._usual = 0.0
        """Seconds that a view usually takes: a mean in which each wait weighs more than those before it."""
        self._some = asyncio.Event()
        self._poller: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._poller = asyncio.create_task(self._poll(), name="read your writes")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._poller is not None:
            await end(self._poller)

    async def wait_for(self, awaited: Iterable[Awaited[V]], *, probing: bool = True) -> dict[str, V]:
        """Return by id the views that show the versions awaited, after the setting's milliseconds at most.

        A view that does not show its version in time, or stands still, is left out: the caller then answers from the
        owner's answer. Without `probing` nothing is concluded from a view that is late: the thing may not be of its
        kind, or be gone.
        """
        wanted = [one for one in awaited if not self._stands_still(one, probing=probing)]
        if not wanted or len(self._waiting) + len(wanted) > MOST_WAITING:
            return {}
        loop = asyncio.get_running_loop()
        futures: dict[asyncio.Future[Document], Awaited[V]] = {loop.create_future(): one for one in wanted}
        began = monotonic()
        for future, one in futures.items():
            self._waiting[future] = Wait(one, began)
        self._some.set()
        try:
            done, late = await asyncio.wait(futures, timeout=self._seconds)
        finally:
            for future in futures:
                self._waiting.pop(future, None)
        for future in late if probing else ():
            self._note_late(futures[future], began)
        return {futures[future].id: futures[future].model.from_document(future.result()) for future in done}

    def _note_late(self, awaited: Awaited[V], began: float) -> None:
        """Begin to look for it alone, where the view has shown nobody anything for as long as this was waited for."""
        collection = awaited.model.collection
        if self._shown.get(collection, 0.0) < began and collection not in self._probes:
            self._probes[collection] = Probe(awaited, began)
            self._some.set()

    def _stands_still(self, awaited: Awaited[V], *, probing: bool) -> bool:
        collection, now = awaited.model.collection, monotonic()
        probe = self._probes.get(collection)
        if probe is None:
            return False
        # A view that moves and is far behind shows an old change while it would show nobody a new one in time.
        if probing and now - probe.since > self._seconds:
            self._probes[collection] = Probe(awaited, now)
        return True

    async def _poll(self) -> None:
        while True:
            if not self._waiting:
                self._some.clear()
                # A probe is looked for now and then, those who wait at once.
                with suppress(TimeoutError):
                    async with asyncio.timeout(PROBE_SECONDS if self._probes else None):
                        await self._some.wait()
            await asyncio.sleep(min(self._usual / LOOKS / max(1, len(self._waiting)), LONGEST_BETWEEN))
            began = monotonic()
            try:
                await self._look()
            except PyMongoError as error:
                get_logger().warning("settling_failed", error=describe(error))
                await asyncio.sleep(self._seconds)
            await asyncio.sleep(min(max(POLL_SECONDS, REST * (monotonic() - began)), LONGEST_REST))

    async def _look(self) -> None:
        oldest = monotonic() - PROBE_KEPT
        self._probes = {collection: probe for collection, probe in self._probes.items() if probe.since > oldest}
        # Copies: a request that gives up while a query runs is taken out of the original.
        waiting, probes = dict(self._waiting), dict(self._probes)
        for collection in {*probes, *(wait.awaited.model.collection for wait in waiting.values())}:
            await self._look_into(collection, waiting, probes.get(collection))

    async def _look_into(
        self, collection: str, waiting: Mapping[asyncio.Future[Document], Wait], probe: Probe | None
    ) -> None:
        stored = self._stored_name(collection)
        if stored is None:
            return  # built for the first time: those that wait are answered without it
        here = {future: wait for future, wait in waiting.items() if wait.awaited.model.collection == collection}
        wanted = {wait.awaited.id for wait in here.values()} | ({probe.awaited.id} if probe else set())
        # Whole views: the answer is made from them without a second query.
        rule: Document = {"_id": {"$in": sorted(wanted)}, "seen": {"$gt": 0}}
        views = {view["_id"]: view async for view in self._database[stored].find(rule)}
        shown = {future: wait for future, wait in here.items() if _shows(views, wait.awaited) and not future.done()}
        for future, wait in shown.items():
            future.set_result(views[wait.awaited.id])
        if shown:
            self._shown[collection] = monotonic()
            self._usual += NEWEST * (monotonic() - fmean(wait.since for wait in shown.values()) - self._usual)
        if probe is not None and _shows(views, probe.awaited) and self._probes.get(collection) is probe:
            del self._probes[collection]


def _shows(views: Mapping[str, Document], awaited: Awaited[Entity]) -> bool:
    view = views.get(awaited.id)
    return view is not None and bool(view["seen"] >= awaited.version)
