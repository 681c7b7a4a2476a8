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
PAUSED: Final = "paused"
"""The rule that such a refusal names."""


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
    def refusal(service: str, outcome: str) -> Refused:
        """Return the refusal for a caller of a paused service; `outcome` is a sentence about the request itself."""
        return Refused(
            "unavailable",
            f"{service} is paused by its operators. {outcome} Try again later, with the same Idempotency-Key.",
            rule=PAUSED,
        )
