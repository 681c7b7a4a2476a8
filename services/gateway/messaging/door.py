"""The gateway's door: commands are refused while RabbitMQ has too little room, or has stopped its publishers.

A task looks every LOOK_SECONDS; a command reads the last finding only.
"""

import asyncio
from collections.abc import Sequence
from ssl import SSLContext
from time import monotonic
from typing import Final, Self

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from services.gateway.background import end
from services.gateway.messaging.broker import Broker
from services.gateway.messaging.broker_room import Room, fetch_room, find_shortage
from shared.contracts import Refused
from shared.engine.decide.schema import Document
from shared.runtime.control import CONTROL, DOOR, closed_door_update
from shared.runtime.logging import describe, get_logger
from shared.runtime.metrics import show_door

SERVICE: Final = "gateway"
BLOCKED: Final = "broker_blocked"
LOOK_SECONDS: Final = 2.0
KNOWN_SECONDS: Final = 30.0
"""After so long without an answer a node's last figures are no reason any more to refuse commands."""
WRITE_SECONDS: Final = 5.0


class Door:
    """The door of this process, which looks while the context is open. Without URLs it only sees blocked publishers."""

    def __init__(
        self, urls: Sequence[str], context: SSLContext | None, broker: Broker, database: AsyncDatabase[Document]
    ) -> None:
        self.closed_by: str | None = None
        """The code of the reason; None while it is open."""
        self._urls = urls
        self._context = context
        self._broker = broker
        self._rows = database[CONTROL]
        self._rooms: dict[str, tuple[float, Room]] = {}
        self._unseen: set[str] = set()
        self._shown = False
        self._looker: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._looker = asyncio.create_task(self._keep_looking(), name="door")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._looker is not None:
            await end(self._looker)

    def admit(self) -> None:
        """Raise Refused("unavailable") while the door is closed: nothing was done."""
        if self.closed_by is not None:
            raise Refused("unavailable", "broker_short_of_room")

    async def look(self) -> None:
        """Find out whether commands may pass, and show it to operators."""
        blocked, *_ = await asyncio.gather(self._broker.is_blocked(), *map(self._look_at, self._urls))
        recent = monotonic() - KNOWN_SECONDS
        rooms = [room for seen, room in self._rooms.values() if seen > recent]
        before = self.closed_by
        self.closed_by = BLOCKED if blocked else find_shortage(rooms, before)
        if (self.closed_by is None) != (before is None):
            get_logger().warning("door_opened" if self.closed_by is None else "door_closed", code=self.closed_by)
        show_door(SERVICE, closed=self.closed_by is not None)
        await self._show()

    async def _keep_looking(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def _look_at(self, url: str) -> None:
        try:
            room = await asyncio.to_thread(fetch_room, url, self._context)
        except (OSError, ValueError) as error:
            self._note_unseen(url, describe(error))
            return
        if room is None:
            self._note_unseen(url, "the figures of disk and memory are not among its metrics")
            return
        self._unseen.discard(url)
        self._rooms[url] = monotonic(), room

    def _note_unseen(self, url: str, error: str) -> None:
        if url not in self._unseen:  # once, and not with every look
            get_logger().warning("broker_room_unseen", url=url, error=error)
        self._unseen.add(url)

    async def _show(self) -> None:
        """Keep the row that `lianshan status` reads; remove one that a process which is gone has left."""
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                if self.closed_by is not None:
                    await self._rows.update_one({"_id": DOOR}, closed_door_update(self.closed_by), upsert=True)
                elif not self._shown:
                    await self._rows.delete_one({"_id": DOOR})
                self._shown = self.closed_by is None
        except (PyMongoError, TimeoutError) as error:
            get_logger().warning("door_not_shown", error=describe(error))
