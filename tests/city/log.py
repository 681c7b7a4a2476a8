"""The log of published events as a replica of a city reads it, and its way to find out that its queue dropped some."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from shared.contracts.subscriptions import SUBSCRIPTIONS, binding_covers
from shared.engine.amqp.broker import Delivery, Outgoing
from shared.engine.amqp.event_log import LOG_START, OFFSET, SPARE, LogPlace
from shared.engine.amqp.topology import events_queue
from shared.engine.run.catch_up import CatchUp
from tests.city.process import NOTHING

if TYPE_CHECKING:
    from tests.city.replica import Replica

EVERY: Final = 1
"""Messages after which a replica looks again."""
UNBOUNDED: Final = 1_000_000
TOGETHER: Final = 3
"""The end of the log is known but for so many events that were written together."""


def smallest_queue(replicas: int, batch: int) -> int:
    """Return a bound of a queue at which a replica that keeps up never takes it for having dropped messages."""
    return (replicas + SPARE) * (EVERY + batch + 1) + 4


def build_catch_up(replica: "Replica") -> CatchUp:
    """Return the real part of a replica in catching up, over the log in memory and by the city's time."""
    world = replica.world
    catch_up = CatchUp(
        replica.database, CityLog(replica), NOTHING, replica.processor._clock,  # type: ignore[arg-type]
        ahead=world.adversary.trouble.batch + 1, every=EVERY, seconds=lambda: world.now / 1000,
    )  # fmt: skip
    catch_up._lease.holder = f"{replica.name} since {world.now}"
    return catch_up


class CityLog:
    """The log, and the length of the service's own queue."""

    def __init__(self, replica: "Replica") -> None:
        self.connection = None
        self._replica = replica
        self._queue = events_queue(replica.service.name)
        self.holds = replica.world.adversary.trouble.holds or UNBOUNDED

    def measure(self) -> tuple[int, int]:
        self._replica.io("measure")
        return len(self._replica.world.broker.queues[self._queue]), len(self._replica.service.replicas)

    def find_end(self) -> LogPlace:
        log = self._replica.world.broker.log
        return _place(log, max(0, len(log) - TOGETHER)) if log else LOG_START

    def find_since(self, instant: datetime) -> LogPlace:  # noqa: ARG002 - a city is younger than that
        return LOG_START

    def read(self, start: LogPlace, openings: int, *, applied: bool) -> "CityLogReader":  # noqa: ARG002 - no message kills
        return CityLogReader(self._replica, self._queue, start)


class CityLogReader:
    """Reads the log from a place on."""

    def __init__(self, replica: "Replica", queue: str, start: LogPlace) -> None:
        self.place = start
        self.first: LogPlace | None = None
        self._log = replica.world.broker.log
        self._replica = replica
        self._queue = queue
        self._next = start.offset

    def take(self, limit: int, max_bytes: int, wait: float) -> list[Delivery] | None:  # noqa: ARG002 - as the real one
        self._replica.io("read")
        if self._next >= len(self._log):
            return None
        batch = min(limit, self._replica.world.adversary.trouble.batch)
        offsets = range(self._next, min(len(self._log), self._next + batch))
        self.first = self.first or _place(self._log, offsets[0])
        self.place, self._next = _place(self._log, offsets[-1]), offsets[-1] + 1
        keys = SUBSCRIPTIONS[self._replica.service.name]
        return [
            self._deliver(self._log[offset], offset)
            for offset in offsets
            if any(binding_covers(key, self._log[offset].routing_key) for key in keys)
        ]

    def _deliver(self, message: Outgoing, offset: int) -> Delivery:
        properties = {**message.properties, "application_headers": {OFFSET: offset}}
        made = Delivery(self._queue, 0, message.body, properties, message.routing_key, redelivered=False)
        return replace(made, received=0.0)

    def settle(self) -> None:
        """Nothing is held back in memory."""

    def close(self) -> None:
        """Nothing is open in memory."""


def _place(log: list[Outgoing], offset: int) -> LogPlace:
    return LogPlace(offset, log[offset].properties["message_id"])
