"""The listener: receives every event as an outside agency does, over AMQP, from a queue of its own."""

import queue
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from amqp import Message

from shared.contracts import CloudEvent, read_event
from shared.contracts.registry import load_contracts
from shared.contracts.subscriptions import EVENTS_EXCHANGE
from shared.engine.amqp.broker import BROKER_ERRORS, close_quietly, connect
from shared.runtime.clock import machine_now

load_contracts()  # every event is read by its model
ROUND_SECONDS: Final = 0.2
STOP_SECONDS: Final = 5.0
MOST_UNREAD: Final = 100_000


@dataclass(frozen=True)
class Received:
    """An event and its arrival here, in seconds since 1970."""

    event: CloudEvent
    arrived: float


class Listener:
    """Listens in a thread of its own from `with` to its end. Raises BrokerUnreachableError."""

    def __init__(self, amqp_uri: str) -> None:
        self._connection = connect(amqp_uri, "demo")
        self._unread: queue.Queue[tuple[bytes | str, float]] = queue.Queue(MOST_UNREAD)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="listener", daemon=True)
        self.lost = ""
        """The error that ended the connection before its time; empty while it stands."""

    def __enter__(self) -> Self:
        channel = self._connection.channel()
        name = channel.queue_declare("", exclusive=True, auto_delete=True).queue
        channel.queue_bind(name, EVENTS_EXCHANGE, "#")
        channel.basic_consume(name, no_ack=True, callback=self._take)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(STOP_SECONDS)
        close_quietly(self._connection)

    def receive(self) -> list[Received]:
        """Return the events that have arrived since the last call, in order."""
        news: list[Received] = []
        while True:
            try:
                body, arrived = self._unread.get_nowait()
            except queue.Empty:
                return news
            news.append(Received(read_event(body), arrived))

    def _take(self, message: Message) -> None:
        # Only noted here: the time of arrival must not wait for the reading of earlier events.
        self._unread.put((message.body, machine_now().timestamp()))

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                # A listener only reads: without heartbeats the broker takes it for dead.
                self._connection.heartbeat_tick()
                self._connection.drain_events(timeout=ROUND_SECONDS)
            except TimeoutError:
                continue
            except BROKER_ERRORS as error:
                self.lost = f"{type(error).__name__}: {error}"
                return
