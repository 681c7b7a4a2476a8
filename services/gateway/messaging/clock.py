"""The clock of the API: the city's time, which commands are sent with."""

import asyncio
from time import monotonic
from typing import Final, Self

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from services.gateway.background import end
from shared.engine.decide.schema import Document
from shared.runtime.clock import MEASURE_SECONDS, Clock
from shared.runtime.control import OFFSET, ClockReader, to_offset
from shared.runtime.logging import describe, get_logger
from shared.runtime.skew import CLOCK, FORGOTTEN, SkewReport

LOOK_SECONDS: Final = 0.2
"""How often a movable clock is read, so that a command that moves it waits less than a second."""


class FollowedClock:
    """Keeps `clock` at the store's time, and a movable one at its offset, while the context is open.

    Opening it raises PyMongoError where the store does not answer; later the clock runs on without the store.
    """

    def __init__(self, database: AsyncDatabase[Document], movable: bool) -> None:
        self.clock = Clock(movable=movable)
        self._database = database
        self._reader = ClockReader("gateway API")
        self._skew = SkewReport("gateway-api")
        self._follower: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._refresh()
        self._follower = asyncio.create_task(self._follow(), name="clock")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._follower is not None:
            await end(self._follower)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS if self.clock.movable else MEASURE_SECONDS)
            try:
                await self._refresh()
            except PyMongoError as error:
                get_logger().warning("clock_unread", error=describe(error))

    async def _refresh(self) -> None:
        if self.clock.stale:
            before = monotonic()
            now = (await self._database.client.admin.command("hello"))["localTime"]
            self.clock.observe(now, before, monotonic())
            await self._show_skew()
        if self.clock.movable:
            await self._move()

    async def _show_skew(self) -> None:
        if (update := self._skew.next_update(self.clock)) is not None:
            rows = self._database[CLOCK]
            await rows.update_one({"_id": self._skew.id}, update, upsert=True)
            await rows.delete_many(FORGOTTEN)

    async def _move(self) -> None:
        rows, reader = self._database[CLOCK], self._reader
        offset = max(to_offset(await rows.find_one({"_id": OFFSET})), self.clock.offset)
        self.clock.move(offset)
        if reader.shown != offset:
            await rows.replace_one({"_id": reader.id}, reader.row(self.clock), upsert=True)
            reader.shown = offset
