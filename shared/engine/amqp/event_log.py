"""The log of published events, a stream, and the proof that a queue of events has dropped nothing.

Events queues are bounded and drop their oldest messages, so that no publisher waits for a reader that is away. The log
holds every event that the broker has confirmed, in one order. https://www.rabbitmq.com/docs/streams
"""

import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import ClassVar, Final

from shared.contracts.envelope import MAX_EVENT_BYTES
from shared.contracts.subscriptions import ARCHIVE_STREAM, SUBSCRIPTIONS, binding_covers
from shared.engine.amqp.broker import Consumer, Delivery, close_quietly, connect, keep_alive
from shared.engine.amqp.depth import read_depth
from shared.engine.amqp.frames import Connection, Properties
from shared.engine.amqp.topology import MAX_EVENTS_BYTES, MAX_LENGTH, events_queue

OFFSET: Final = "x-stream-offset"
END_SECONDS: Final = 0.5
"""How long the broker may take to hand out the end of the log; an empty log has none."""
HEARTBEAT_SECONDS: Final = 2.0
"""How often heartbeats are sent and read while the log gives nothing."""
AHEAD: Final = 500
"""Events of the log that a process holds before they are applied: 32 MiB, were each as large as it may be."""
MOST_WAITING: Final = min(MAX_EVENTS_BYTES // MAX_EVENT_BYTES, MAX_LENGTH)
"""Fewer messages than that never fill an events queue, however large each is."""
SPARE: Final = 2
"""Consumers that may have died since the look before, and are no longer counted."""


@dataclass(frozen=True, slots=True)
class LogPlace:
    """A place in the log: the offset of an event, and its key, which shows whether it is still the same log."""

    offset: int
    key: str = ""


LOG_START: Final = LogPlace(0)


def may_have_dropped(waiting: int, consumers: int, received: int, holds: int) -> bool:
    """Return whether an events queue may have dropped messages since one of its consumers last looked.

    Any `holds` messages fit into it. `waiting` messages are in it now, and each of its `consumers` has received at most
    `received` since its own last look. A queue drops only while more waits than it may hold, and holds as much
    afterwards, less one message; messages leave it only to a consumer. So the first look after the last drop, by any
    consumer, finds nearly `holds` messages waiting or received. Fewer prove that nothing was dropped, however long ago
    the look before.
    """
    return waiting + (consumers + SPARE) * received >= holds - 1


class LogReader:
    """Reads a service's events from the log, from a place on. `place` is the last event that was taken.

    `openings` counts the earlier beginnings from this place without any progress: its events are then suspect, like
    those that a queue delivers again. `applied`: the event at the place itself is, so that the next one comes first.
    `bindings` choose the events of a reader without a queue; without them they are those of the service's queue.
    """

    def __init__(
        self, uri: str, service: str, start: LogPlace, openings: int, *, applied: bool, bindings: Sequence[str] = ()
    ) -> None:
        self.place = start
        self._applied = start if applied else None
        self.first: LogPlace | None = None
        """The first event that the log has there; another than asked for where the log no longer reaches back."""
        self._queue = events_queue(service)
        self._bindings = bindings or SUBSCRIPTIONS[service]
        self._connection = connect(uri, f"{service} log")
        self._consumer = Consumer(self._connection, {ARCHIVE_STREAM: AHEAD}, {ARCHIVE_STREAM: {OFFSET: start.offset}})
        self._taken: list[Delivery] = []
        self._next_heartbeat = 0.0
        self._openings = openings

    def take(self, limit: int, max_bytes: int, wait: float) -> list[Delivery] | None:
        """Return the next events for the service, as if from its own queue; None where nothing came in `wait` seconds.

        Raises an error of BROKER_ERRORS.
        """
        if monotonic() >= self._next_heartbeat:
            keep_alive(self._connection)
            self._next_heartbeat = monotonic() + HEARTBEAT_SECONDS
        self._taken = self._consumer.take(limit, max_bytes, wait)
        if not self._taken:
            return None
        places = [place for d in self._taken if (place := _place_of(d.properties)) is not None]
        first, self.first = self.first, self.first or next(iter(places), None)
        self.place = places[-1] if places else self.place
        applied = first is None and self.first == self._applied
        wanted = (d for d in self._taken[applied:] if any(binding_covers(key, d.routing_key) for key in self._bindings))
        return [as_delivered(delivery, self._queue, self._openings) for delivery in wanted]

    def settle(self) -> None:
        """Have the broker send on: all that was taken is applied."""
        self._consumer.ack(self._taken)

    def close(self) -> None:
        """Close the connection."""
        close_quietly(self._connection)


class BrokerLog:
    """The log, and the length of the service's own queue, on the broker. Methods raise an error of BROKER_ERRORS."""

    holds: ClassVar[int] = MOST_WAITING

    def __init__(self, uri: str, service: str) -> None:
        self._uri = uri
        self._service = service
        self.connection: Connection | None = None
        """The connection of the loop, for questions; reading opens one of its own."""

    def measure(self) -> tuple[int, int]:
        """Return the messages that wait in the service's queue, and its consumers."""
        assert self.connection is not None, "the loop connects first"
        with self.connection.channel() as channel:
            return read_depth(channel, events_queue(self._service))

    def find_end(self) -> LogPlace:
        """Return a place of the last events: of the first of the last few that were written together."""
        return self._find("last")

    def find_since(self, instant: datetime) -> LogPlace:
        """Return the first place that was written at the instant or later, or a little before."""
        return self._find(instant)

    def _find(self, offset: str | datetime) -> LogPlace:
        assert self.connection is not None, "the loop connects first"
        found: list[LogPlace] = []

        def receive(_tag: int, _redelivered: bool, _key: str, properties: Properties, _body: bytes) -> None:
            found.append(_place_of(properties) or LOG_START)

        with self.connection.channel() as channel:
            # Past py-amqp's channel, which warns of each message that still comes while it closes.
            number = channel.channel_id
            self.connection.receivers[number] = receive
            channel.basic_qos(0, 1, a_global=False)
            channel.basic_consume(ARCHIVE_STREAM, arguments={OFFSET: offset})
            end_at = monotonic() + END_SECONDS
            while not found and (left := end_at - monotonic()) > 0:
                with suppress(socket.timeout):
                    self.connection.drain_events(timeout=left)
        del self.connection.receivers[number]
        return found[0] if found else LOG_START

    def read(self, start: LogPlace, openings: int, *, applied: bool) -> LogReader:
        """Begin to read there, see LogReader."""
        return LogReader(self._uri, self._service, start, openings, applied=applied)


def as_delivered(delivery: Delivery, queue: str, count: int) -> Delivery:
    """Return an event of the log as if from that queue, handed out `count` times before."""
    headers = {**delivery.headers, "x-delivery-count": count}
    properties = {**delivery.properties, "application_headers": headers}
    return replace(delivery, queue=queue, properties=properties, redelivered=count > 0)


def _place_of(properties: Properties) -> LogPlace | None:
    """Return the place of an event that the log has given; None where its headers cannot be read."""
    offset = (properties.get("application_headers") or {}).get(OFFSET)
    if not isinstance(offset, int):
        return None
    # AMQP delivers a lone surrogate, which the store could not keep.
    return LogPlace(offset, str(properties.get("message_id", "")).encode(errors="replace").decode())
