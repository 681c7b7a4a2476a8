"""The short wait before a batch for the messages close behind it: then fewer batches carry them.

A batch costs a dozen of commands to MongoDB, and the wait for a majority, with one message as with ten.
"""

from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final, Protocol

from shared.engine.amqp.broker import Delivery

GATHER_SECONDS: Final = 0.04
"""How long a small batch waits for more, while several messages come at once. At 20 needs a second hardly any batch has
so many, and no command is held.
"""
BUSY: Final = 4
"""Messages of this batch or of the one before it from which on it waits so; where a command is among them, commands."""
OFTEN: Final = 8
"""Messages that came within OFTEN times the wait of events: the next one is to be expected during a wait."""
ENOUGH: Final = 32
"""Messages of a batch that begins at once."""
MOST_VAIN: Final = 4
"""Waits of events in a row that brought nothing, counted up to here: after the nth, 2^n - 1 batches begin at once.
Events that follow from one another come often, but each only once the one before is handled.
"""
NEXT_SECONDS: Final = 0.012
"""How long an event that is seldom alone waits for the next one. The links and the people of a need come so close to
each other; each alone takes about that long to handle, so that the second would wait for the first.
"""
NEWEST: Final = 0.2
"""The weight of the newest wait in the share of those that brought another event."""
LIKELY: Final = 0.5
"""The share from which on the waits go on."""
PROBE_EVERY: Final = 64
"""One in so many of the events that are mostly alone waits all the same, to find out whether that has changed."""
MOST_TYPES: Final = 1000
"""Types of events of which it is known whether they are seldom alone; a sender may make up any."""


class Taking(Protocol):
    """The consumer, as far as it is needed here."""

    def take(self, limit: int, max_bytes: int, wait: float) -> list[Delivery]:
        """Return up to `limit` messages and about `max_bytes`; wait up to `wait` seconds for the first one only."""
        ...


class _NextRate:
    """The share of events of one type close behind which another one came."""

    def __init__(self) -> None:
        self._share, self._alone = LIKELY, 0

    def is_likely(self) -> bool:
        """Return whether to wait for another event."""
        if self._share >= LIKELY:
            return True
        self._alone = (self._alone + 1) % PROBE_EVERY
        return not self._alone

    def learn(self, came: bool) -> None:
        """Take the newest wait into account."""
        self._share += NEWEST * (came - self._share)


class Gathering:
    """Takes the messages of the next batch; `pause` waits for some seconds, or until the loop is stopped.

    A small batch of events alone waits up to `events_seconds` for those behind them, while they come often; a command
    that comes meanwhile ends the wait. In a chain of services each of them adds its wait to every step of the city.
    Where that is 0, a single event waits for the next one, where its like is seldom alone.
    """

    def __init__(self, pause: Callable[[float], None], events_seconds: float) -> None:
        self._pause, self._events_seconds = pause, events_seconds
        self._before = 0, 0
        """The messages of the batch before, and the commands among them."""
        self._came: deque[float] = deque(maxlen=OFTEN)
        """When the last messages came, in seconds of the monotonic clock."""
        self._vain = self._at_once = 0
        self._next_rates: dict[str, _NextRate] = {}

    def take(self, consumer: Taking, limit: int, max_bytes: int, wait: float) -> list[Delivery]:
        """Return up to `limit` messages and about `max_bytes`; wait up to `wait` seconds for the first one.

        While they come often, it waits GATHER_SECONDS for those behind them, or the seconds of events where they come
        without commands; not with a `wait` of 0, which says that other work is at hand. Raises an error of
        BROKER_ERRORS.
        """
        taken = self._take(consumer, limit, max_bytes, wait)
        commands, small = _count_commands(taken), wait > 0 and 0 < len(taken) < min(ENOUGH, limit)
        if small and not commands and self._events_seconds:
            self._gather_events(consumer, taken, limit, max_bytes)
        elif small and self._is_busy(len(taken), commands):
            self._pause(GATHER_SECONDS)
            taken += self._take(consumer, limit - len(taken), max_bytes - _size(taken), 0.0)
        elif small and not commands and len(taken) == 1 < limit:
            self._await_next(consumer, taken, limit, max_bytes)
        self._before = len(taken), _count_commands(taken)
        return taken

    def _is_busy(self, messages: int, commands: int) -> bool:
        # A command is not held for events: somebody waits for it alone.
        return (max(commands, self._before[1]) if commands else max(messages, self._before[0])) >= BUSY

    def _gather_events(self, consumer: Taking, taken: list[Delivery], limit: int, max_bytes: int) -> None:
        """Add the messages that come during the wait, where they come often; the first command ends it."""
        now, alone = monotonic(), len(taken)
        if len(self._came) < OFTEN or now - self._came[0] > OFTEN * self._events_seconds:
            return
        if self._at_once:
            self._at_once -= 1
            return
        end, more = now + self._events_seconds, taken
        while (
            more and not _count_commands(more) and len(taken) < min(ENOUGH, limit) and (left := end - monotonic()) > 0
        ):
            more = self._take(consumer, limit - len(taken), max_bytes - _size(taken), left)
            taken += more
        self._vain = 0 if len(taken) > alone else min(self._vain + 1, MOST_VAIN)
        self._at_once = 2**self._vain - 1

    def _await_next(self, consumer: Taking, taken: list[Delivery], limit: int, max_bytes: int) -> None:
        """Add the messages that come next within NEXT_SECONDS, where the event in hand is seldom alone."""
        if len(self._next_rates) >= MOST_TYPES:
            self._next_rates.clear()
        rate = self._next_rates.setdefault(str(taken[0].properties.get("type", "")), _NextRate())
        if rate.is_likely():
            taken += self._take(consumer, limit - 1, max_bytes - _size(taken), NEXT_SECONDS)
            rate.learn(came=len(taken) > 1)

    def _take(self, consumer: Taking, limit: int, room: int, wait: float) -> list[Delivery]:
        taken = consumer.take(limit, room, wait) if room > 0 else []
        self._came.extend(delivery.received for delivery in taken[-OFTEN:])
        return taken


def _count_commands(deliveries: Sequence[Delivery]) -> int:
    return sum("reply_to" in delivery.properties for delivery in deliveries)


def _size(deliveries: Sequence[Delivery]) -> int:
    return sum(len(delivery.body) for delivery in deliveries)
