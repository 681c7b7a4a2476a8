"""RabbitMQ through py-amqp: connections, a consumer that takes batches, a publisher with pipelined confirms.

py-amqp and not kombu, because publisher confirms are pipelined on the channel itself and a batch is read and written
in few system calls. A confirm for each message in turn allows some 1,400 publications a second here, pipelined confirms
ten times as many. https://www.rabbitmq.com/docs/confirms
"""

import socket
import ssl
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Final
from urllib.parse import unquote, urlsplit

import amqp
from amqp.exceptions import AMQPError

from shared.engine.amqp.claim import Claim
from shared.engine.amqp.encoding import encode
from shared.engine.amqp.frames import Connection, Properties, Stream
from shared.runtime.addresses import AMQP_PORTS, amqp_tls
from shared.runtime.version import VERSION

CONNECT_SECONDS: Final = 5
CONFIRM_SECONDS: Final = 30
"""How long a batch waits for its confirms. A quorum queue confirms once a majority of its nodes has the message on
disk, which takes milliseconds; within 30 seconds it rides out the election of another leader.
"""
ANSWER_SECONDS: Final = 20
"""How long the broker may take to answer, or to accept data: a dead wire reports nothing by itself."""
CLOSE_SECONDS: Final = 2
HEARTBEAT_SECONDS: Final = 8
"""The heartbeat timeout proposed to the broker: it closes a silent connection after two missed heartbeats and hands out
its messages again. Below five seconds it may take a busy process for a dead one.
https://www.rabbitmq.com/docs/heartbeats
"""
PERSISTENT: Final = 2
"""Delivery mode: the message is written to disk."""
SHORT_STRING_BYTES: Final = 255
"""The most that AMQP 0-9-1 carries in a string property or a routing key: its length is one byte."""

BROKER_ERRORS: Final = (AMQPError, OSError)
"""The errors of a lost or refusing broker, its timeouts included. The consumer reconnects after each of them."""


class BrokerUnreachableError(RuntimeError):
    """No connection could be made; the text names the address and the remedy, never the password."""


def connect(uri: str, name: str, heartbeat: int | None = None) -> Connection:
    """Open a connection that RabbitMQ shows as `name`. Raises BrokerUnreachableError.

    `heartbeat` is its timeout in seconds, by default HEARTBEAT_SECONDS.

    The address of an amqps server may name certificates, see shared/runtime/addresses.py.
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
        heartbeat=HEARTBEAT_SECONDS if heartbeat is None else heartbeat,
        client_properties={"connection_name": name, "product": "lianshan", "version": VERSION},
    )
    try:
        connection.connect()
    except BROKER_ERRORS as error:
        raise BrokerUnreachableError(f"no RabbitMQ at {host}:{port}{parts.path}: {_advise(error)}") from error
    # After the handshake, which has the shorter connect timeout; from here on it bounds each read and write.
    connection.transport.sock.settimeout(ANSWER_SECONDS)
    if parts.scheme != "amqps":  # py-amqp reads TLS in a way of its own, which Stream does not replace
        connection.stream = Stream(connection)
    return connection


def _advise(error: Exception) -> str:
    """Return the operator's next step, by the kind of the error."""
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
    """Close a connection that may be broken already; raise nothing, take at most CLOSE_SECONDS."""
    if connection is not None:
        with suppress(*BROKER_ERRORS, AttributeError):  # a connection that failed early has no transport
            connection.transport.sock.settimeout(CLOSE_SECONDS)
            connection.close()
        connection.collect()


def keep_alive(connection: amqp.Connection) -> None:
    """Read and send heartbeats on an idle connection. Raises an error of BROKER_ERRORS when the peer is gone."""
    with suppress(socket.timeout):
        while True:  # ends once all has been read: then the read times out at once
            connection.drain_events(timeout=0)
    # Judged after the reading: a heartbeat that waits in the socket while a batch is tried again was not missed.
    connection.heartbeat_tick()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as it came from a queue. `tag` acknowledges it on the channel of that queue."""

    queue: str
    tag: int
    body: bytes
    properties: Properties
    routing_key: str
    redelivered: bool
    received: float = field(default_factory=monotonic)
    """When it came, in seconds of the monotonic clock."""
    claim: Claim | None = None
    """Given where it comes from the store and not from its queue: it has failed before, and nobody acknowledges it."""

    @property
    def headers(self) -> Properties:
        """The application headers; empty where there are none."""
        return self.properties.get("application_headers") or {}


def fit_short_string(text: str) -> str:
    """Return the text, cut to the 255 bytes of an AMQP property; a character is never cut in half."""
    return text.encode()[:SHORT_STRING_BYTES].decode(errors="ignore")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to publish."""

    exchange: str
    routing_key: str
    body: bytes
    properties: Properties = field(default_factory=dict)


class Consumer:
    """Consumes several queues over one connection, with a channel each, and takes their messages in turn.

    `prefetch` has for each queue the most messages that the broker hands over before they are acknowledged,
    `arguments` those of the consumption of a queue, if any.
    """

    def __init__(
        self, connection: Connection, prefetch: Mapping[str, int],
        arguments: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:  # fmt: skip
        self.connection = connection
        self._held = 0
        self._acked: dict[str, int] = {}
        self._waiting: dict[str, deque[Delivery]] = {queue: deque() for queue in prefetch}
        self._channels: dict[str, amqp.Channel] = {}
        for queue, most in prefetch.items():
            self._channels[queue] = self._consume(queue, most, (arguments or {}).get(queue))

    def take(self, limit: int, max_bytes: int, wait: float) -> list[Delivery]:
        """Return up to `limit` messages and about `max_bytes`; wait up to `wait` seconds for the first one only.

        The last message may exceed `max_bytes`, so that one of any size is taken. Raises an error of BROKER_ERRORS.
        """
        if not self._held:  # messages of an earlier read are taken first, without waiting
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
        """Acknowledge the deliveries and, per queue, everything that was taken before them: one frame a queue."""
        # Delivery tags rise within a channel, so the highest one acknowledges them all.
        last: dict[str, int] = {}
        for delivery in deliveries:
            last[delivery.queue] = max(delivery.tag, last.get(delivery.queue, 0))
        for queue, tag in last.items():
            if tag > self._acked.get(queue, 0):  # a second acknowledgement would close the channel
                self._channels[queue].basic_ack(tag, multiple=True)
                self._acked[queue] = tag

    def _consume(self, queue: str, prefetch: int, arguments: Mapping[str, object] | None) -> amqp.Channel:
        channel = self.connection.channel()
        channel.basic_qos(0, prefetch, a_global=False)
        waiting = self._waiting[queue]

        def receive(tag: int, redelivered: bool, key: str, properties: Properties, body: bytes) -> None:
            self._held += 1
            waiting.append(Delivery(queue, tag, body, properties, key, redelivered))

        self.connection.receivers[channel.channel_id] = receive
        channel.basic_consume(queue, arguments=arguments)
        return channel

    def _pick(self, limit: int, max_bytes: int) -> list[Delivery]:
        # In turn from each queue, so that a flood in one does not keep the others waiting.
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
    """Publishes many messages at once and waits for all their confirms (https://www.rabbitmq.com/docs/confirms).

    The broker numbers the publications of a channel from 1 and confirms by number, one or several at a time.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._channel = connection.channel()
        self._channel.confirm_select()
        self._next_tag = 1
        self._unconfirmed: dict[int, tuple[int, str]] = {}
        """By number: the message's position in its batch, and its `message_id`."""
        self._refused: set[int] = set()
        self._returned_ids: set[str] = set()
        self._channel.events["basic_ack"].add(self._on_ack)
        self._channel.events["basic_nack"].add(self._on_nack)
        self._channel.events["basic_return"].add(self._on_return)

    def send(self, messages: Sequence[Outgoing], *, mandatory: bool = True) -> None:
        """Write all messages in one go, without waiting; `confirm` waits.

        Raises ValueError where a message cannot be encoded, and then has sent none.
        """
        pieces: list[bytes] = []
        for message in messages:  # encode all before the first counts as sent
            pieces += encode(message, self._channel.channel_id, self.connection.frame_max, mandatory=mandatory)
        for position, message in enumerate(messages):
            self._unconfirmed[self._next_tag] = position, message.properties.get("message_id", "")
            self._next_tag += 1
        if pieces:
            self.connection.transport.write(b"".join(pieces))
            # py-amqp sends a heartbeat of its own where this count stands still.
            self.connection.bytes_sent += len(pieces)

    def confirm(self) -> set[int]:
        """Wait until the broker has answered for every message; return the positions of those that it refused.

        A message that no queue takes comes back before its confirm and counts as refused; it is recognised by its
        `message_id`. Raises an error of BROKER_ERRORS when not all confirms arrive within CONFIRM_SECONDS.
        """
        deadline = monotonic() + CONFIRM_SECONDS
        while self._unconfirmed:
            left = deadline - monotonic()
            if left <= 0:
                raise TimeoutError(f"RabbitMQ did not confirm {len(self._unconfirmed)} messages in {CONFIRM_SECONDS} s")
            self.connection.drain_events(timeout=left)
        refused, self._refused = self._refused, set()
        self._returned_ids.clear()
        return refused

    def publish(self, messages: Sequence[Outgoing]) -> set[int]:
        """Send the messages and wait for their confirms, see `send` and `confirm`."""
        self.send(messages)
        return self.confirm()

    def reply(self, messages: Sequence[Outgoing]) -> None:
        """Send replies to commands. A caller that is gone is no failure: nothing is mandatory, nothing is awaited."""
        self.send(messages, mandatory=False)

    def _on_ack(self, tag: int, multiple: bool) -> None:
        for confirmed in self._tags(tag, multiple):
            position, message_id = self._unconfirmed.pop(confirmed)
            if message_id in self._returned_ids:
                self._refused.add(position)

    def _on_nack(self, tag: int, multiple: bool) -> None:
        self._refused.update(self._unconfirmed.pop(refused)[0] for refused in self._tags(tag, multiple))

    def _on_return(self, *details: amqp.Message) -> None:
        # py-amqp passes other arguments to a listener than to an exception; the message is the last of both.
        self._returned_ids.add(details[-1].properties.get("message_id", ""))

    def _tags(self, tag: int, multiple: bool) -> list[int]:
        if multiple:
            return [t for t in self._unconfirmed if t <= tag]
        return [tag] if tag in self._unconfirmed else []
