"""The budget of bytes that the large bodies of all requests at work take together."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Final

from services.gateway.http.problems import Problem

SMALL: Final = 64 * 1024
"""Bytes of a body that is never held up: everyday requests go on beside any number of large ones."""
SHARES: Final = 2
"""One principal holds one of so many parts of the budget at most: bodies that trickle in keep nobody else out."""
_HELD: Final = "body_room"
"""The name of a large body's room in the state of its request."""


class BodyBudget:
    """Gives out at most `total` bytes at once, to one principal a part; a body that does not fit waits `seconds`.

    It waits at most so long for its principal's part, and then for the whole. A body that waits is not read: its bytes
    stay with the sender.
    """

    def __init__(self, total: int, seconds: float) -> None:
        self._all = _Room(total, seconds)
        self._part = max(1, total // SHARES)
        self._seconds = seconds
        self._own: dict[str, _Room] = {}

    @asynccontextmanager
    async def hold(self, size: int, principal: str) -> AsyncIterator[None]:
        """Hold room for a body of that many bytes. Raises Problem (503) where none is free in time."""
        if size <= SMALL:
            yield
            return
        own = self._own.setdefault(principal, _Room(self._part, self._seconds))
        own.users += 1
        try:
            async with own.hold(size), self._all.hold(size):
                yield
        finally:
            own.users -= 1
            if not own.users:
                del self._own[principal]

    async def hold_until_answered(self, state: MutableMapping[str, Any], size: int, principal: str) -> None:
        """Hold room, as `hold` does, until `give_back` is called with the same state of a request.

        Not by a dependency that yields: that takes a tenth of the CPU of a small request, whose body is never held up.
        """
        if size > SMALL:
            await state.setdefault(_HELD, AsyncExitStack()).enter_async_context(self.hold(size, principal))


async def give_back(state: MutableMapping[str, Any]) -> None:
    """Give back the room of a request that has been answered, where it has any."""
    held: AsyncExitStack | None = state.pop(_HELD, None)
    if held is not None:
        await held.aclose()


class _Room:
    """A number of bytes, given out first come, first served."""

    def __init__(self, total: int, seconds: float) -> None:
        self._total = self._left = total
        self._seconds = seconds
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self.users = 0

    @asynccontextmanager
    async def hold(self, size: int) -> AsyncIterator[None]:
        size = min(size, self._total)  # one body alone is always taken
        await self._take(size)
        try:
            yield
        finally:
            self._give_back(size)

    async def _take(self, size: int) -> None:
        if not self._waiting and self._left >= size:
            self._left -= size
            return
        room: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, room))
        taken = False
        try:
            async with asyncio.timeout(self._seconds):
                await room
                taken = True
        except TimeoutError:
            raise Problem(503, "unavailable", "bodies_fill_memory", headers={"Retry-After": "1"}) from None
        finally:
            if not taken:
                self._leave(size, room)

    def _leave(self, size: int, room: asyncio.Future[None]) -> None:
        if room.done() and not room.cancelled():
            self._left += size  # it came just as the caller went away
        else:
            with suppress(ValueError):
                self._waiting.remove((size, room))
        self._serve_waiting()  # those behind it may fit

    def _give_back(self, size: int) -> None:
        self._left += size
        self._serve_waiting()

    def _serve_waiting(self) -> None:
        while self._waiting and self._left >= self._waiting[0][0]:
            size, room = self._waiting.popleft()
            if not room.done():
                self._left -= size
                room.set_result(None)
