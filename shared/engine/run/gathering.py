"""The short wait before a batch while messages come several at a time: then fewer batches carry them."""

from collections.abc import Callable
from typing import Final, Protocol

from shared.engine.amqp.broker import Delivery

GATHER_SECONDS: Final = 0.04
"""How long a small batch waits for more: it costs the same dozen of commands to MongoDB with five messages or ten."""
BUSY: Final = 4
"""Messages of this batch or of the one before it from which on it waits. At 20 needs a second hardly any batch has so
many, and nothing is held.
"""
ENOUGH: Final = 32
"""Messages of a batch that begins at once."""


class Taking(Protocol):
    """The consumer, as far as it is needed here."""

    def take(self, limit: int, max_bytes: int, wait: float) -> list[Delivery]:
        """Return up to `limit` messages and about `max_bytes`; wait up to `wait` seconds for the first one only."""
        ...


class Gathering:
    """Takes the messages of the next batch; `pause` waits for some seconds, or until the loop is stopped."""

    def __init__(self, pause: Callable[[float], None]) -> None:
        self._pause = pause
        self._before = 0

    def take(self, consumer: Taking, limit: int, max_bytes: int, wait: float) -> list[Delivery]:
        """Return up to `limit` messages and about `max_bytes`; wait up to `wait` seconds for the first one.

        While several come at once, it waits GATHER_SECONDS for those behind them. Raises an error of BROKER_ERRORS.
        """
        taken = consumer.take(limit, max_bytes, wait)
        if taken and max(len(taken), self._before) >= BUSY and len(taken) < min(ENOUGH, limit):
            self._pause(GATHER_SECONDS)
            room = max_bytes - sum(len(each.body) for each in taken)
            taken += consumer.take(limit - len(taken), room, 0.0) if room > 0 else []
        self._before = len(taken)
        return taken
