"""A broker in memory as the repair of the topology uses one: exchanges, queues with arguments, bindings, a lock."""

from collections.abc import Iterable
from typing import Any

from amqp.exceptions import NotFound, PreconditionFailed, ResourceLocked

from shared.engine.amqp.topology import QueuePlan


class Broker:
    """The things declared on the broker, and the calls made to it."""

    def __init__(self) -> None:
        self.exchanges: dict[str, str] = {}
        self.queues: dict[str, dict[str, Any]] = {}
        self.depths: dict[str, tuple[int, int]] = {}
        """Messages and consumers of queues that have any."""
        self.unseen: set[str] = set()
        """Queues whose messages are not counted, because they have no leader."""
        self.bindings: set[tuple[str, str, str]] = set()
        self.locked = False
        """Whether another connection has the lock of repairs."""
        self.deleted: list[str] = []

    def stand(self, queues: Iterable[QueuePlan], exchanges: dict[str, str]) -> None:
        """Have all of it stand as planned."""
        self.exchanges |= exchanges
        for queue in queues:
            self.queues[queue.name] = dict(queue.arguments)
            self.bindings |= {(exchange, key, queue.name) for exchange, key in queue.bindings}

    def channel(self) -> "Channel":
        return Channel(self)


class Channel:
    """One channel; the broker closes it with a refusal."""

    def __init__(self, broker: Broker) -> None:
        self._broker, self.is_open = broker, True

    def close(self) -> None:
        self.is_open = False

    def exchange_declare(self, name: str, type: str, *, passive: bool = False, **how: bool) -> None:  # noqa: A002
        assert self.is_open, "the broker has closed this channel"
        standing = self._broker.exchanges.get(name)
        if passive:
            if standing is None:
                self._refuse(NotFound(name))
        elif standing not in (None, type):
            self._refuse(PreconditionFailed(f"inequivalent arg 'type' for exchange '{name}'"))
        else:
            assert how == {"durable": True, "auto_delete": False}
            self._broker.exchanges[name] = type

    def exchange_delete(self, name: str) -> None:
        assert self.is_open, "the broker has closed this channel"
        del self._broker.exchanges[name]
        self._broker.deleted.append(name)

    def queue_declare(
        self, name: str, *, passive: bool = False, exclusive: bool = False, arguments: Any = None, **how: bool
    ) -> tuple[str, int, int]:
        assert self.is_open, "the broker has closed this channel"
        if exclusive:
            if self._broker.locked:
                self._refuse(ResourceLocked(name))
            return name, 0, 0
        standing = self._broker.queues.get(name)
        if passive:
            if standing is None:
                self._refuse(NotFound(name))
        elif standing not in (None, arguments):
            self._refuse(PreconditionFailed(f"inequivalent arg for queue '{name}'"))
        else:
            assert how == {"durable": True, "auto_delete": False}
            self._broker.queues[name] = dict(arguments)
        return name, *self._broker.depths.get(name, (0, 0))

    def queue_bind(self, name: str, exchange: str, key: str) -> None:
        assert exchange in self._broker.exchanges, f"{exchange} does not stand"
        self._broker.bindings.add((exchange, key, name))

    def queue_unbind(self, name: str, exchange: str, key: str) -> None:
        self._broker.bindings.discard((exchange, key, name))

    def basic_get(self, name: str) -> object:
        return "a message" if name in self._broker.unseen or self._broker.depths.get(name, (0, 0))[0] else None

    def queue_delete(self, name: str) -> None:
        assert self.is_open, "the broker has closed this channel"
        del self._broker.queues[name]
        self._broker.deleted.append(name)

    def _refuse(self, error: Exception) -> None:
        self.is_open = False
        raise error
