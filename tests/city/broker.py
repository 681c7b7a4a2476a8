"""A small RabbitMQ in memory: the queues and bindings of the real topology, confirms, refusals, retries by delay."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from shared.contracts.subscriptions import ANSWERS_EXCHANGE, ARCHIVE_STREAM, EVENTS_EXCHANGE
from shared.engine.amqp.broker import Delivery, Outgoing
from shared.engine.amqp.topology import EXCHANGES, QueuePlan, apart_exchange, events_queue, plan

if TYPE_CHECKING:
    from tests.city.replica import Replica
    from tests.city.world import Service, World

LOGGED_APART: Final = apart_exchange(ARCHIVE_STREAM)
AWAY_MS: Final = 180_000
"""How long a service is away at least; twice as long at most."""
SEQUENCED: Final = events_queue("gateway")


@dataclass(slots=True)
class Parcel:
    """One copy of a message in a queue or on its way to one."""

    queue: str
    message: Outgoing
    redelivered: bool = False

    @property
    def name(self) -> str:
        """The message's id in its queue: names a place for the adversary."""
        return f"{self.queue}/{self.message.properties.get('message_id', '')}"


@cache
def topology() -> dict[str, QueuePlan]:
    """Return the real plan of all queues but the archive, by name."""
    return {queue.name: queue for queue in plan() if queue.name != ARCHIVE_STREAM}


@cache
def queues_for(exchange: str, key: str) -> tuple[str, ...]:
    """Return the queues that the real bindings lead to; of a topic's patterns `#` at the end is understood."""
    return tuple(
        queue.name
        for queue in topology().values()
        if any(bound == exchange and _covers(pattern, key, exchange) for bound, pattern in queue.bindings)
    )


def _covers(pattern: str, key: str, exchange: str) -> bool:
    if EXCHANGES[exchange] != "topic":
        return pattern == key
    return pattern in ("#", key) or (pattern.endswith(".#") and (key == pattern[:-2] or key.startswith(pattern[:-1])))


class Broker:
    """The queues of one city. A message reaches its queue after the delay that the adversary gives it."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.queues: dict[str, deque[Parcel]] = {name: deque() for name in topology()}
        self.on_the_way = 0
        """Parcels that have not been acknowledged: between queues, in one, or in a consumer's hands."""
        self.published: dict[str, set[int]] = {}
        """The key of every event in the log, with the hashes of its bodies."""
        self.log: list[Outgoing] = []
        """Every event that was published, in one order, some repeatedly."""
        self.dropped = 0
        """Messages that events queues have dropped."""
        self.largest_event = 0
        self.bodies: list[bytes] = []
        """The bodies of the events since the last rest, for the laws."""

    def take(self, message: Outgoing, *, without: int | None = None) -> bool:
        """Take one message; return False where no queue is bound for it, or the one of that number refuses it."""
        logged = message.exchange in (EVENTS_EXCHANGE, LOGGED_APART)
        if logged:
            key = message.properties["message_id"]
            self.published.setdefault(key, set()).add(crc32(message.body))
            self.largest_event = max(self.largest_event, len(message.body))
            self.bodies.append(message.body)
            self.log.append(message)
        names = queues_for(message.exchange, message.routing_key)
        for nth, name in enumerate(names):
            if nth != without:
                self.bring(Parcel(name, message))
        return (bool(names) or logged) and without is None

    def bring(self, parcel: Parcel) -> None:
        """Bring the parcel to its queue, late, early or twice, as the adversary likes."""
        adversary, trouble = self._world.adversary, self._world.adversary.trouble
        wait = 1
        if not adversary.calm:
            if adversary.strikes("late", parcel.name, trouble.late):
                wait += int(adversary.share(f"how late {parcel.name}") * trouble.late_ms)
            if adversary.strikes("repeat", parcel.name, trouble.repeat):
                again = wait + int(adversary.share(f"repeat {parcel.name}") * 60_000)
                self.on_the_way += 1
                self._world.after(again, self._arrive, Parcel(parcel.queue, parcel.message, redelivered=True))
        self.on_the_way += 1
        self._world.after(wait, self._arrive, parcel)

    def _arrive(self, parcel: Parcel) -> None:
        if parcel.queue == SEQUENCED:
            self._world.sequence.arrive(parcel.message.properties["message_id"])
        self.queues[parcel.queue].append(parcel)
        service, adversary = self._world.service_of(parcel.queue), self._world.adversary
        if adversary.trouble.away and adversary.strikes("away", parcel.name, adversary.trouble.away):
            self._leave(service, AWAY_MS + adversary.draw(f"away {parcel.name}") % AWAY_MS)
        self._bound(parcel.queue)
        service.wake()

    def _leave(self, service: "Service", milliseconds: int) -> None:
        """Have the service take nothing for so long; one that is away already comes back no later."""
        if service.away_until <= self._world.now:
            service.away_until = self._world.now + milliseconds
            self._world.after(milliseconds, service.wake)

    def _bound(self, name: str) -> None:
        """Drop the oldest messages of an events queue that holds too many."""
        holds, queue = self._world.adversary.trouble.holds, self.queues[name]
        while holds and len(queue) > holds and topology()[name].arguments["x-overflow"] == "drop-head":
            queue.popleft()
            self.on_the_way -= 1
            self.dropped += 1

    def give_back(self, parcels: Sequence[Parcel]) -> None:
        """Put unacknowledged parcels back at the head of their queues."""
        for parcel in reversed(parcels):
            parcel.redelivered = True
            self.queues[parcel.queue].appendleft(parcel)
        for name in {parcel.queue for parcel in parcels}:
            self._bound(name)

    def acknowledge(self, parcels: Sequence[Parcel]) -> None:
        """Forget the parcels."""
        self.on_the_way -= len(parcels)


@dataclass
class Publisher:
    """The publisher of one replica, with the methods of `shared.engine.amqp.broker.Publisher`."""

    replica: "Replica"
    refused: set[int] = field(default_factory=set)

    def send(self, messages: Sequence[Outgoing], *, mandatory: bool = True) -> None:  # noqa: ARG002 - as the real one
        """Send the messages; the broker may refuse some of them."""
        self.replica.io("send")
        world = self.replica.world
        rate = world.adversary.trouble.refuse
        for position, message in enumerate(messages):
            name = message.properties.get("message_id", "")
            if rate and world.adversary.strikes("refuse", name, rate):
                self.refused.add(position)
                # Every second time one of its queues alone refuses it, so that the others have it already.
                which = world.adversary.draw(f"refuse {name}") % 8
                if which < len(queues_for(message.exchange, message.routing_key)):
                    world.broker.take(message, without=which)
            elif not world.broker.take(message):
                self.refused.add(position)

    def confirm(self) -> set[int]:
        """Return the positions of the refused messages. Raises OSError where the connection breaks first."""
        self.replica.io("confirm")
        refused, self.refused = self.refused, set()
        world = self.replica.world
        if world.adversary.strikes("cut", self.replica.batch, world.adversary.trouble.cut):
            raise OSError("the connection to the broker broke")
        return refused

    def publish(self, messages: Sequence[Outgoing]) -> set[int]:
        """Send the messages and wait for the confirms."""
        self.send(messages)
        return self.confirm()

    def reply(self, messages: Sequence[Outgoing]) -> None:
        """Answer the callers of commands."""
        self.replica.io("reply")
        for message in messages:
            if message.exchange in ("", ANSWERS_EXCHANGE):
                self.replica.world.people.hear(message.properties["correlation_id"], message.body)


def delivery_of(parcel: Parcel, tag: int) -> Delivery:
    """Return the parcel as a consumer receives it."""
    message = parcel.message
    properties: dict[str, Any] = dict(message.properties)
    return Delivery(parcel.queue, tag, message.body, properties, message.routing_key, parcel.redelivered)
