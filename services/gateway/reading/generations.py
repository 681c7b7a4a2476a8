"""The generations of the views that the API reads: their names, as of the last look at the register."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, Self

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from services.gateway.background import end
from services.gateway.following.state import Partition, ViewState, lowest_position, stored_name
from services.gateway.http.problems import Problem
from services.gateway.projection.feature import Feature
from shared.engine.decide.schema import Document
from shared.runtime.logging import describe, get_logger

LOOK_SECONDS: Final = 1.0
"""How often the register is read: far more often than a retired generation's grace."""
MAX_MILLISECONDS: Final = 5000
"""Milliseconds that the store may take over one read."""
RETRY_SECONDS: Final = 10
"""When a caller may ask again for a view that is being built."""


class Generations:
    """Which generation of each view is read. `async with` it: one task looks at the register."""

    def __init__(self, database: AsyncDatabase[Document], features: Sequence[Feature]) -> None:
        self._rows = database[ViewState.collection]
        self._owners = {collection: feature.name for feature in features for collection in feature.views}
        self._live: Mapping[str, int] = {}
        self._watcher: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._look()
        self._watcher = asyncio.create_task(self._watch(), name="generations")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._watcher is not None:
            await end(self._watcher)

    def find(self, collection: str) -> str | None:
        """Return the stored name of a view's collection; None while it is built for the first time."""
        generation = self._live.get(self._owners[collection], 0)
        return stored_name(collection, generation) if generation else None

    def name(self, collection: str) -> str:
        """Return the stored name of a view's collection. Raises Problem (503) while it is built for the first time."""
        found = self.find(collection)
        if found is None:
            raise Problem(503, "unavailable", "view_being_built", headers={"Retry-After": str(RETRY_SECONDS)})
        return found

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look()
            except PyMongoError as error:
                # The names stay as they are: they are right, or the reads fail as well.
                get_logger().warning("views_unreadable", error=describe(error))

    async def _look(self) -> None:
        self._live = {row["_id"]: row["live"] async for row in self._rows.find({}, {"live": 1})}


class ViewPositions:
    """How far the views that are read have followed the feed."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._states = database[ViewState.collection]
        self._partitions = database[Partition.collection]

    async def lowest(self) -> int:
        """Return the position in the feed up to which every view that is read shows all events; 0 without views."""
        states = [ViewState.from_document(row) async for row in self._states.find({}, max_time_ms=MAX_MILLISECONDS)]
        rows = self._partitions.find({}, max_time_ms=MAX_MILLISECONDS)
        return lowest_position(states, [Partition.from_document(row) async for row in rows])
