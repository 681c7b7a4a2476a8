"""A broker as a process finds it that checks its servers before the start."""

from collections.abc import Callable
from typing import Any

from shared.engine.amqp.broker import Outgoing

AMQP = "amqp://charity:secret@broker:5672/city"
QUEUES = ("charity.events", "charity.commands")


class Broker:
    """A broker as one service's user finds it; `fails` has the error of a call by its name."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.fails: dict[str, Exception] = {}
        self.reader: Callable[[object], None] | None = None

    def connect(self, uri: str, name: str) -> "Broker":
        self.call("connect", uri, name)
        return self

    def call(self, name: str, *arguments: object) -> None:
        self.log.append((name, *arguments))
        for place in (name, f"{name} {arguments[0] if arguments else ''}"):
            if place in self.fails:
                raise self.fails[place]

    def channel(self) -> "Broker":
        self.log.append("channel")
        return self

    def queue_declare(self, name: str, *, passive: bool) -> None:
        self.call("queue", name, passive)

    def exchange_declare(self, name: str, kind: str, *, passive: bool) -> None:
        self.call("exchange", name, kind, passive)

    def publish(self, messages: list[Outgoing]) -> set[int]:
        (message,) = messages
        self.call("publish", message.exchange, message.routing_key, message.body)
        return {0}  # nobody is bound to it

    def basic_qos(self, size: int, count: int, *, a_global: bool) -> None:
        self.log.append(("qos", size, count, a_global))

    def basic_consume(self, queue: str, arguments: object, callback: Callable[[object], None]) -> None:
        self.reader = callback
        self.call("consume", queue, arguments)
