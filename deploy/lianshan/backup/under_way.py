"""What was on its way through RabbitMQ at the moment of the snapshot.

An event that is said but not confirmed stands in its speaker's outbox, so the databases have it. One that the
gateway has handled stands in the feed. What is left was confirmed, and the gateway had not handled it: its copy is in
the archive stream, which holds every event that was confirmed. A reader starts shortly before the last event that the
gateway had handled and takes what the gateway's inbox does not know; but not what was said after the snapshot: the
message that caused an event is in its speaker's inbox by the same commit, so it tells on which side the event lies.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import bson
from amqp import Channel, Connection
from amqp.exceptions import NotFound
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from deploy.lianshan.backup.errors import BackupFailedError
from deploy.lianshan.backup.snapshot import Snapshot
from deploy.lianshan.dead_letters.queues import MAX_LETTERS, Letter, dead_queues, open_letters
from shared.contracts.envelope import routing_key
from shared.contracts.messages import EVENTS
from shared.contracts.subscriptions import ARCHIVE_STREAM, SUBSCRIPTIONS
from shared.engine.store.collections import INBOX

MARGIN: Final = timedelta(seconds=240)
"""So long before the last event that the gateway handled reading begins: retries last up to 156 s."""
PREFETCH: Final = 2000
BATCH: Final = 1000
QUIET_SECONDS: Final = 1.0
"""A stream read into its last chunk, from which nothing comes for so long, has been read to its end."""
STALLED_SECONDS: Final = 30.0
READ_SECONDS: Final = 3600.0

Row = dict[str, Any]
"""An event as an outbox keeps it: routing key, body, key, type, correlation."""


class Envelope(BaseModel):
    """What is looked at of an event."""

    id: str
    source: str
    type: str
    time: datetime
    area: str = ""
    correlationid: str = ""
    causationid: str = ""

    @property
    def key(self) -> str:
        """As inboxes know it."""
        return f"{self.source}#{self.id}"

    @property
    def speaker(self) -> str:
        """The service that said it; a stranger's event has none of ours."""
        return self.source.removeprefix("/").partition("/")[0]

    def row(self, body: bytes) -> Row:
        """As an outbox keeps it."""
        key = routing_key(self.type, self.area)
        return {"k": key, "b": body, "i": self.key, "t": self.type, "c": self.correlationid}


_SOURCES: Final = sorted({"/" + "/".join(event_type.split(".")[:2]) for event_type in EVENTS})


def read_envelope(body: bytes | str) -> Envelope | None:
    """None for what is no event."""
    try:
        return Envelope.model_validate(from_json(body))
    except (ValueError, ValidationError):
        return None


def events_under_way(snapshot: Snapshot, connection: Connection) -> Iterator[list[Row]]:
    """What had been confirmed and had not reached the gateway. The connection is of no further use. Raises
    BackupFailedError.
    """
    for bodies in _Tail(connection, _start(snapshot)).read():
        events = {event.key: (event, body) for body in bodies if (event := read_envelope(body)) is not None}
        for key in _handled(snapshot, "gateway", list(events)):
            events.pop(key, None)
        if rows := [event.row(body) for event, body in _said_by_then(snapshot, list(events.values()))]:
            yield rows


def dead_letters(connection: Connection) -> Iterator[tuple[list[Row], int]]:
    """Each dead-letter queue's letters, and how many of them; they stay where they are."""
    for queue in dead_queues():
        with open_letters(connection, queue) as (_, letters):
            if letters:
                yield [_letter_row(letter) for letter in letters], len(letters)
            if len(letters) == MAX_LETTERS:
                raise BackupFailedError(
                    f"{queue} holds more than {MAX_LETTERS:,} dead letters: treat them first, see `lianshan dlq`"
                )


def _start(snapshot: Snapshot) -> datetime | str:
    last = snapshot.last("gateway", "feed")
    event = None if last is None else read_envelope(last["event"])
    return "first" if event is None else event.time.astimezone(UTC) - MARGIN


def _handled(snapshot: Snapshot, service: str, keys: Sequence[str]) -> set[str]:
    wanted = set(keys)
    rows = snapshot.find(service, INBOX, {"keys": {"$in": list(keys)}}, {"keys": 1}) if keys else ()
    return {key for row in rows for key in row["keys"] if key in wanted}


def _said_by_then(snapshot: Snapshot, events: list[tuple[Envelope, bytes]]) -> Iterator[tuple[Envelope, bytes]]:
    causes: dict[str, set[str]] = {service: set() for service in SUBSCRIPTIONS}
    for event, _ in events:
        if event.speaker in causes:
            causes[event.speaker].update(_possible_keys(event.causationid))
    known = {service: _handled(snapshot, service, sorted(keys)) for service, keys in causes.items()}
    for event, body in events:
        # A stranger's event hangs on nothing that the databases hold.
        if event.speaker not in known or known[event.speaker] & _possible_keys(event.causationid):
            yield event, body


def _possible_keys(causation: str) -> set[str]:
    """How an inbox may know the message with that id: as a timer, a command, or an event."""
    return {causation, f"command:{causation}", *(f"{source}#{causation}" for source in _SOURCES)}


def _letter_row(letter: Letter) -> Row:
    return {
        "queue": letter.queue,
        "id": letter.id,
        "body": letter.body,
        "properties": _plain(letter.properties),
        "headers": _plain(letter.headers),
    }


def _plain(value: Any) -> Any:
    """What BSON can carry of it; strangers' headers may hold anything."""
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    try:
        bson.encode({"": value})
    except (bson.errors.BSONError, OverflowError):
        return str(value)
    return value


@dataclass
class _Tail:
    """Reads the archive stream from a moment on up to its end as it is when reading begins."""

    connection: Connection
    start: datetime | str
    _reached: int = -1
    _last: int = -1
    """An offset near the end: the broker hands out the last chunk from its beginning."""
    _next: int | None = None
    """The first offset that need not be read; None while nothing has been said since."""
    _bodies: list[bytes] = field(default_factory=list)
    _unacknowledged: int = 0

    def read(self) -> Iterator[list[bytes]]:
        self._consume("next", self._see_next)
        self._consume("last", self._see_last)
        self._consume(self.start, self._take)
        end_at = time.monotonic() + READ_SECONDS
        while self._more():
            if len(self._bodies) >= BATCH:
                yield self._taken()
            if time.monotonic() > end_at:
                raise BackupFailedError(f"RabbitMQ took longer than {READ_SECONDS:g} s to hand out {ARCHIVE_STREAM}")
        yield self._taken()

    def _consume(self, offset: datetime | str, callback: Callable[[Channel, Any, int], None]) -> None:
        channel = self.connection.channel()
        channel.auto_decode = False
        channel.basic_qos(0, PREFETCH, a_global=False)
        try:
            channel.basic_consume(
                ARCHIVE_STREAM,
                callback=lambda message: callback(channel, message, int(message.headers["x-stream-offset"])),
                arguments={"x-stream-offset": offset},
            )
        except NotFound as error:
            raise BackupFailedError(f"RabbitMQ has no {ARCHIVE_STREAM}: declare it with `lianshan topology`") from error

    def _more(self) -> bool:
        if self._next is not None and self._reached >= self._next - 1:
            return False
        try:
            self.connection.drain_events(timeout=QUIET_SECONDS if self._reached >= self._last else STALLED_SECONDS)
        except TimeoutError:
            if self._reached < self._last:
                raise BackupFailedError(
                    f"RabbitMQ does not hand out {ARCHIVE_STREAM} up to its end: check its health, and that its clock "
                    "and the services' agree"
                ) from None
            return False
        return True

    def _taken(self) -> list[bytes]:
        bodies, self._bodies = self._bodies, []
        return bodies

    def _take(self, channel: Channel, message: Any, offset: int) -> None:
        self._reached = offset
        body = message.body
        self._bodies.append(body if isinstance(body, bytes) else str(body).encode())
        self._unacknowledged += 1
        if self._unacknowledged >= PREFETCH // 4:
            channel.basic_ack(message.delivery_tag, multiple=True)
            self._unacknowledged = 0

    # Neither of these acknowledges: the first message tells what is to be known.

    def _see_next(self, _: Channel, __: Any, offset: int) -> None:
        self._next = offset if self._next is None else self._next

    def _see_last(self, _: Channel, __: Any, offset: int) -> None:
        self._last = offset if self._last < 0 else self._last
