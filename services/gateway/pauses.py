"""Which services an operator has paused: a caller is told at once instead of waiting in vain."""

from collections.abc import Callable
from time import monotonic
from typing import Any, Final

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from shared.contracts import Refused
from shared.runtime.control import CONTROL, gateway_pause_id
from shared.runtime.logging import describe, get_logger

LOOK_SECONDS: Final = 1.0
PAUSED: Final = "paused"
"""The rule that such a refusal names."""


class Pauses:
    """Looks into the gateway's own store, at most once a second and only while somebody asks."""

    def __init__(self, database: AsyncDatabase[dict[str, Any]], clock: Callable[[], float] = monotonic) -> None:
        self._rows = database[CONTROL]
        self._clock = clock
        self._known: frozenset[str] = frozenset()
        self._look_at = 0.0

    async def paused(self, service: str) -> bool:
        """Whether the service is paused, as it was a second ago at most."""
        now = self._clock()
        if now >= self._look_at:
            self._look_at = now + LOOK_SECONDS  # before the question, so that one asks for all who come meanwhile
            try:
                self._known = frozenset([row["_id"] async for row in self._rows.find({}, {"_id": 1}).limit(100)])
            except PyMongoError as error:
                get_logger().warning("pauses_unknown", error=describe(error))
        return gateway_pause_id(service) in self._known

    @staticmethod
    def refusal(service: str, what_was_done: str) -> Refused:
        """What its caller is told."""
        return Refused(
            "unavailable",
            f"{service} is paused by its operators. {what_was_done} Try again later, with the same Idempotency-Key.",
            rule=PAUSED,
        )
