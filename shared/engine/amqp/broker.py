"""RabbitMQ through py-amqp: connections, a consumer that takes whatever is waiting, a publisher that pipelines.

py-amqp and not kombu here, because confirms are pipelined on the channel itself and a batch is read and written in
few system calls.
"""

import socket
import ssl
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import amqp
from amqp.exceptions import AMQPError

from shared.engine.amqp.encoding import encoded
from shared.engine.amqp.frames import Connection, Stream
from shared.runtime.addresses import AMQP_PORTS, amqp_tls

CONNECT_SECONDS: Final = 5
CONFIRM_SECONDS: Final = 30
ANSWER_SECONDS: Final = 20
"""How long the broker may take to answer or to take in what is sent: a wire that went dead says nothing at all."""
CLOSE_SECONDS: Final = 2
HEARTBEAT_SECONDS: Final = 8
"""RabbitMQ takes back what a replica holds that was cut off two to three of them ago; below five it may see one as gone
that is only busy (its "Heartbeats" guide).
"""
PERSISTENT: Final = 2
SHORT_BYTES: Final = 255
"""The most that AMQP carries in a property or a routing key."""

BROKER_ERRORS: Final = (AMQPError, OSError)
"""What a lost or refusing broker looks like."""


class BrokerUnreachableError(RuntimeError):
    """No connection could be made; the message says where to and what to check, never the password."""


def connect(uri: str, name: str) -> Connection:
    """An open connection. Raises BrokerUnreachableError. The address of an amqps server may name certificates, see
    shared/runtime/addresses.py.
    """
    parts = urlsplit(uri)
    host, port = parts.hostname or "localhost", parts.port or AMQP_PORTS.get(parts.scheme, AMQP_PORTS["amqp"])
    connection = Connection(
        host=f"{host}:{port}",
        userid=unquote(parts.username or "guest"),
        password=unquote(parts.password or "guest"),
        virtual_host=unquote(parts.path[1:]) or "/",
        ssl=amqp_tls(uri),
        connect_timeout=CONNECT_SECONDS,
        heartbeat=HEARTBEAT_SECONDS,
        client_properties={"connection_name": name, "product": "lianshan"},
    )
    try:
        connection.connect()
    except BROKER_ERRORS as error:
        raise BrokerUnreachableError(f"no RabbitMQ at {host}:{port}{parts.path}: {_to_check(error)}") from error
    connection.transport.sock.settimeout(ANSWER_SECONDS)
    if parts.scheme != "amqps":
        connection.stream = Stream(connection)
    return connection


def _to_check(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: check LIANSHAN_TLS_CA_FILE and its host name ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        return (
            f"no TLS: check that this port speaks it, and LIANSHAN_TLS_CERT_FILE where it asks for one ({error.reason})"
        )
    if isinstance(error, amqp.AccessRefused | amqp.NotAllowed):
        return "it does not let this user in: check the user, its password and its rights on the virtual host"
    return f"{type(error).__name__}: check that it runs, its host and its port ({error})"


def close_quietly(connection: amqp.Connection | None) -> None:
    """Close what may already be broken."""
    if connection is not None:
        with suppress(*BROKER_ERRORS, AttributeError):
            connection.transport.sock.settimeout(CLOSE_SECONDS)
            connection.close()
        connection.collect()


def keep_alive(connection: amqp.Connection) -> None:
    """Send and read heartbeats on a connection that has nothing else to do. Raises when the peer is gone."""
    connection.heartbeat_tick()
    with suppress(socket.timeout):
        while True:
            connection.drain_events(timeout=0)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as it came from a queue."""

    queue: str
    tag: int
    body: bytes
    properties: dict[str, Any]
    routing_key: str
    redelivered: bool

    @property
    def headers(self) -> dict[str, Any]:
        return self.properties.get("application_headers") or {}


def short(text: str) -> str:
    """As much of it as fits into a property."""
    return text.encode()[:SHORT_BYTES].decode(errors="ignore")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to publish."""

    exchange: str
    routing_key: str
    body: bytes
    properties: dict[str, Any] = field(default_factory=dict)


class Consumer:
    """Several queues over one connection, a channel each; takes whatever is waiting, fairly."""

    def __init__(self, connection: Connection, queues: Sequence[str], prefetch: int) -> None:
        self.connection = connection
        self._held = 0
        self._waiting: dict[str, deque[Delivery]] = {queue: deque() for queue in queues}
        self._channels: dict[str, amqp.Channel] = {}
        for queue in queues:
            self._channels[queue] = self._consume(queue, prefetch)

    def take(self, limit: int, max_bytes: int, wait: float) -> list[Delivery]:
        """Up to `limit` messages: waits up to `wait` seconds for the first one, never for the others."""
        if not self._held:
            with suppress(socket.timeout):
                self.connection.drain_events(timeout=wait)
        if self.connection.stream is not None:
            self.connection.stream.drain(lambda: self._held >= limit)
        else:
            with suppress(socket.timeout):
                while self._held < limit:
                    self.connection.drain_events(timeout=0)
        return self._pick(limit, max_bytes)

    def ack(self, deliveries: Iterable[Delivery]) -> None:
        """Acknowledge them and, per queue, everything that was taken before them."""
        last: dict[str, int] = {}
        for delivery in deliveries:
            last[delivery.queue] = max(delivery.tag, last.get(delivery.queue, 0))
        for queue, tag in last.items():
            self._channels[queue].basic_ack(tag, multiple=True)

    def _consume(self, queue: str, prefetch: int) -> amqp.Channel:
        channel = self.connection.channel()
        channel.basic_qos(0, prefetch, a_global=False)
        waiting = self._waiting[queue]

        def receive(tag: int, redelivered: bool, key: str, properties: dict[str, Any], body: bytes) -> None:
            self._held += 1
            waiting.append(Delivery(queue, tag, body, properties, key, redelivered))

        self.connection.receivers[channel.channel_id] = receive
        channel.basic_consume(queue)
        return channel

    def _pick(self, limit: int, max_bytes: int) -> list[Delivery]:
        picked: list[Delivery] = []
        size = 0
        busy = [queue for queue in self._waiting.values() if queue]
        while busy and len(picked) < limit and size < max_bytes:
            for queue in busy:
                picked.append(queue.popleft())
                size += len(picked[-1].body)
            busy = [queue for queue in busy if queue]
        self._held -= len(picked)
        return picked


class Publisher:
    """Publishes many messages at once and waits for all their confirms."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._channel = connection.channel()
        self._channel.confirm_select()
        self._next_tag = 1
        self._open: dict[int, tuple[int, str]] = {}
        self._refused: set[int] = set()
        self._returned_ids: set[str] = set()
        self._channel.events["basic_ack"].add(self._settled)
        self._channel.events["basic_nack"].add(self._nacked)
        self._channel.events["basic_return"].add(self._returned)

    def send(self, messages: Sequence[Outgoing], *, mandatory: bool = True) -> None:
        """Write them all in one go, without waiting; `confirm` waits."""
        pieces: list[bytes] = []
        for message in messages:  # all before the first counts as sent: one that cannot be written stops them all
            pieces += encoded(message, self._channel.channel_id, self.connection.frame_max, mandatory=mandatory)
        for position, message in enumerate(messages):
            self._open[self._next_tag] = position, message.properties.get("message_id", "")
            self._next_tag += 1
        if pieces:
            self.connection.transport.write(b"".join(pieces))
            self.connection.bytes_sent += len(pieces)

    def confirm(self) -> set[int]:
        """Wait until the broker has answered for every message sent; the positions it would not take.

        A message that no queue takes comes back before its confirm and counts as refused, told by its `message_id`.
        Raises an error of BROKER_ERRORS when the answer does not come within CONFIRM_SECONDS.
        """
        deadline = monotonic() + CONFIRM_SECONDS
        while self._open:
            left = deadline - monotonic()
            if left <= 0:
                raise TimeoutError(f"RabbitMQ did not confirm {len(self._open)} messages in {CONFIRM_SECONDS} s")
            self.connection.drain_events(timeout=left)
        refused, self._refused = self._refused, set()
        self._returned_ids.clear()
        return refused

    def publish(self, messages: Sequence[Outgoing]) -> set[int]:
        """Send and confirm."""
        self.send(messages)
        return self.confirm()

    def reply(self, messages: Sequence[Outgoing]) -> None:
        """Send answers; a caller that is gone is no failure, so nothing is mandatory and nothing is waited for."""
        self.send(messages, mandatory=False)

    def _settled(self, tag: int, multiple: bool) -> None:
        for settled in self._tags(tag, multiple):
            position, message_id = self._open.pop(settled)
            if message_id in self._returned_ids:
                self._refused.add(position)

    def _nacked(self, tag: int, multiple: bool) -> None:
        self._refused.update(self._open.pop(refused)[0] for refused in self._tags(tag, multiple))

    def _returned(self, *returned: Any) -> None:
        # Its arguments differ between "handled by a listener" and "raised"; the message is the last of them.
        self._returned_ids.add(returned[-1].properties.get("message_id", ""))

    def _tags(self, tag: int, multiple: bool) -> list[int]:
        if multiple:
            return [t for t in self._open if t <= tag]
        return [tag] if tag in self._open else []
