"""The driver outside the peers, the same for all: it publishes needs and watches answers and stores."""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any, Self

from pymongo.collection import Collection

from shared.engine.amqp import broker as engine
from shared.engine.amqp.broker import PERSISTENT, Outgoing, close_quietly, connect
from tests.performance.servers import Servers

WINDOW = 500
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Publication:
    """A need's event as one peer wants it addressed."""

    need_id: str
    exchange: str
    routing_key: str
    body: bytes
    content_type: str
    message_id: str
    type: str

    def outgoing(self) -> Outgoing:
        properties = {
            "content_type": self.content_type,
            "content_encoding": "utf-8",
            "delivery_mode": PERSISTENT,
            "message_id": self.message_id,
            "type": self.type,
        }
        return Outgoing(self.exchange, self.routing_key, self.body, properties)


class Publisher:
    """Persistent messages with pipelined confirms; by the engine's own means, because all peers pay its cost."""

    def __init__(self, servers: Servers) -> None:
        self.connection = connect(servers.amqp_uri, "bench")
        self.publisher = engine.Publisher(self.connection)

    def publish(self, publications: Sequence[Publication]) -> None:
        """Send all, at most WINDOW unconfirmed at a time; gives back when all are confirmed."""
        for start in range(0, len(publications), WINDOW):
            refused = self.publisher.publish([one.outgoing() for one in publications[start : start + WINDOW]])
            if refused:
                raise RuntimeError(f"the broker refused {len(refused)} needs")

    def close(self) -> None:
        # Nothing was sent while the needs were waited for, so the broker may have given it up.
        close_quietly(self.connection)


class Progress:
    """Counts the needs that are ready, reading each only once: it walks along their ids while they are."""

    def __init__(self, needs: Collection[dict[str, Any]], ids: Sequence[str]) -> None:
        self.needs = needs
        self.ids = sorted(ids)
        self.at = 0

    def count(self) -> int:
        """How many, from the first on, are ready without a gap."""
        if self.at < len(self.ids):
            query = {"_id": {"$gte": self.ids[self.at], "$lte": self.ids[-1]}, "state": {"$ne": "ready"}}
            first = self.needs.find_one(query, {"_id": 1}, sort=[("_id", 1)])
            self.at = len(self.ids) if first is None else self.ids.index(first["_id"], self.at)
        return self.at

    def wait(self, limit_seconds: float, check: Callable[[], None], until: int | None = None) -> None:
        """Until all (or the first `until`) are ready. Raises TimeoutError; `check` may raise as well."""
        wanted = len(self.ids) if until is None else until
        deadline = time.monotonic() + limit_seconds
        while self.count() < wanted:
            check()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.at} of {len(self.ids)} needs are ready after {limit_seconds:.0f} s")
            time.sleep(POLL_SECONDS)


@dataclass
class Observer:
    """An outsider's queue: remembers when each answer to a need arrived first."""

    servers: Servers
    bindings: dict[str, tuple[str, str]]
    need_id: Callable[[bytes], str]
    arrived: dict[str, dict[str, float]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.arrived = {what: {} for what in self.bindings}
        self._stop = threading.Event()
        bound = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(bound,), daemon=True)
        self._thread.start()
        if not bound.wait(10):
            raise TimeoutError("the observer could not bind its queues")
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def _watch(self, bound: threading.Event) -> None:
        with closing(self.servers.connect()) as connection:
            channel = connection.channel()
            for what, (exchange, key) in self.bindings.items():
                queue = channel.queue_declare(exclusive=True, auto_delete=True).queue
                channel.queue_bind(queue, exchange, key)
                channel.basic_consume(queue, no_ack=True, callback=self._note(self.arrived[what]))
            bound.set()
            while not self._stop.is_set():
                with suppress(socket.timeout):
                    connection.drain_events(timeout=0.2)

    def _note(self, arrived: dict[str, float]) -> Callable[[Any], None]:
        def note(message: Any) -> None:
            now = time.perf_counter()
            body = message.body
            arrived.setdefault(self.need_id(body if isinstance(body, bytes) else body.encode()), now)

        return note


def trickle(publisher: Publisher, publications: Sequence[Publication], per_second: float) -> dict[str, float]:
    """Publish at a steady pace; when each one left."""
    left: dict[str, float] = {}
    start = time.perf_counter()
    for nth, publication in enumerate(publications):
        time.sleep(max(0.0, start + nth / per_second - time.perf_counter()))
        left[publication.need_id] = time.perf_counter()
        publisher.publish([publication])
    return left
