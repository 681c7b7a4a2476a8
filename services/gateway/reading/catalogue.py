"""The catalogue with the city's entries, as of the last look at their view."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from services.gateway.background import end
from shared.contracts.catalogue.entries import Entry
from shared.contracts.catalogue.matching import SHIPPED, Catalogue
from shared.engine.decide.schema import Document
from shared.runtime.logging import describe, get_logger

VIEW: Final = "catalogue"
LOOK_SECONDS: Final = 2.0
"""How often the versions of the entries are read; the entries themselves only when one has changed."""
MAX_ENTRIES: Final = 5_000
MAX_MILLIS: Final = 5_000


class CityCatalogue:
    """The catalogue by which labels in requests are read and codes in answers are worded: at first the shipped one."""

    def __init__(self) -> None:
        self.current: Catalogue = SHIPPED
        self._known: tuple[str, Mapping[str, int]] = ("", {})

    @asynccontextmanager
    async def following(
        self, database: AsyncDatabase[Document], stored_name: Callable[[str], str | None]
    ) -> AsyncIterator[None]:
        """Follow the view within the context; `stored_name` names its generation, None while it is being built."""
        await self._look(database, stored_name)
        follower = asyncio.create_task(self._follow(database, stored_name), name="catalogue")
        try:
            yield
        finally:
            await end(follower)

    async def _follow(self, database: AsyncDatabase[Document], stored_name: Callable[[str], str | None]) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._look(database, stored_name)

    async def _look(self, database: AsyncDatabase[Document], stored_name: Callable[[str], str | None]) -> None:
        name = stored_name(VIEW)
        if name is None:
            return
        try:
            rows = database[name].find({"seen": {"$gt": 0}}, {"seen": 1}, limit=MAX_ENTRIES, max_time_ms=MAX_MILLIS)
            known = name, {row["_id"]: row["seen"] async for row in rows}
            if known == self._known:
                return
            rows = database[name].find({"seen": {"$gt": 0}}, {"entry": 1}, limit=MAX_ENTRIES, max_time_ms=MAX_MILLIS)
            # Fields that a newer release has added are passed over.
            entries = [Entry.model_validate(row["entry"], extra="ignore") async for row in rows]
        except PyMongoError as error:
            # The entries stay as they are: a word may be missing, codes are right all the same.
            get_logger().warning("catalogue_unread", error=describe(error))
            return
        self.current, self._known = SHIPPED.with_entries(entries), known
