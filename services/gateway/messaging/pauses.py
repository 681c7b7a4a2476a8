"""Services that an operator has paused: their callers are refused at once instead of waiting for the deadline."""

from collections.abc import Callable
from time import monotonic
from typing import Final

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from shared.contracts import Refused
from shared.engine.decide.schema import Document
from shared.runtime.control import CONTROL, gateway_pause_id
from shared.runtime.logging import describe, get_logger

LOOK_SECONDS: Final = 1.0
MOST_ROWS: Final = 100
PAUSED: Final = frozenset({"paused_nothing_done", "paused_maybe_done"})
"""The rules that such a refusal may name."""


class Pauses:
    """The paused services, read from the gateway's own store at most once a second, and only when asked."""

    def __init__(self, database: AsyncDatabase[Document], clock: Callable[[], float] = monotonic) -> None:
        self._rows = database[CONTROL]
        self._clock = clock
        self._known: frozenset[str] = frozenset()
        self._look_at = 0.0

    async def is_paused(self, service: str) -> bool:
        """Return whether the service is paused, as it was a second ago at most.

        Where the store does not answer, the last known state holds: that trouble is no reason to refuse a command.
        """
        now = self._clock()
        if now >= self._look_at:
            # Set before the read, so that one read serves all requests that come meanwhile.
            self._look_at = now + LOOK_SECONDS
            try:
                rows = self._rows.find({}, {"_id": 1}).limit(MOST_ROWS)
                self._known = frozenset([row["_id"] async for row in rows])
            except PyMongoError as error:
                get_logger().warning("pauses_unknown", error=describe(error))
        return gateway_pause_id(service) in self._known

    @staticmethod
    def refusal(service: str, *, maybe_done: bool) -> Refused:
        """Return the refusal for a caller of a paused service, whose request may have been done all the same or not."""
        if maybe_done:
            return Refused("unavailable", "paused_maybe_done", service=service)
        return Refused("unavailable", "paused_nothing_done", service=service)
