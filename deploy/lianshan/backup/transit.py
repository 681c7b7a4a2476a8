"""The messages in transit through RabbitMQ at the moment of the snapshot.

An event that is committed but not confirmed stands in its publisher's outbox, so the stores have it. One that the
gateway has handled stands in the feed. The rest was confirmed and not yet handled by the gateway: its copies are in
the archive stream. Reading begins shortly before the last event that the gateway had handled and takes the events that
the gateway's inbox does not know, but none that was published after the snapshot: the message that caused an event is
in its publisher's inbox by the same commit, so it tells on which side of the snapshot the event lies.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import bson
from amqp import Connection, Message

from deploy.lianshan.backup.archive_stream import ArchiveTail, Start
from deploy.lianshan.backup.errors import BackupFailedError
from deploy.lianshan.backup.events import Envelope, EventRow, read_envelope
from deploy.lianshan.backup.snapshot import Snapshot
from deploy.lianshan.dead_letters.stored import MAX_LETTERS, list_queues
from deploy.lianshan.stores import Document
from deploy.lianshan.topology.queue_depth import read_depth
from shared.contracts.messages import EVENTS
from shared.contracts.registry import load_contracts
from shared.contracts.subscriptions import SUBSCRIPTIONS
from shared.engine.amqp.former_topology import dead_queue
from shared.engine.store.collections import INBOX

MARGIN: Final = timedelta(seconds=240)
"""Reading begins so long before the last event that the gateway handled: retries last up to 156 s."""
CERTAIN: Final = timedelta(hours=1)
"""An event that is so much older than the snapshot was published before it, however clocks differ."""
GATEWAY: Final = "gateway"
OUT_OF_STEP: Final = 1000
"""So many events of the feed in a row are not behind their time."""
load_contracts()  # then EVENTS is complete
_SOURCES: Final = sorted({"/" + "/".join(event_type.split(".")[:2]) for event_type in EVENTS})


def read_transit(snapshot: Snapshot, connection: Connection) -> Iterator[list[EventRow]]:
    """Yield the events that were confirmed and had not reached the gateway. The connection is of no further use.

    Raises BackupFailedError, an error of BROKER_ERRORS.
    """
    start = _find_start(snapshot)
    fed = set() if start == "first" else _find_fed(snapshot, start)
    for bodies in ArchiveTail(connection, start).read():
        events = {event.key: (event, body) for body in bodies if (event := read_envelope(body)) is not None}
        # The feed as well: after some quiet days the inbox has forgotten its last events.
        for key in fed | _find_handled(snapshot, GATEWAY, list(events)):
            events.pop(key, None)
        if rows := [event.row(body) for event, body in _published_by_then(snapshot, list(events.values()))]:
            yield rows


def read_dead_letters(connection: Connection) -> Iterator[list[Document]]:
    """Yield the messages that release 0.2 has left in its queues of dead letters; they stay there.

    Those of today stand in the stores. Raises BackupFailedError where a queue holds more than MAX_LETTERS.
    """
    for queue in map(dead_queue, list_queues()):
        if not (read_depth(connection, queue) or (0, 0))[0]:
            continue
        channel = connection.channel()
        channel.auto_decode = False
        rows: list[Document] = []
        while len(rows) <= MAX_LETTERS and (message := channel.basic_get(queue, no_ack=False)) is not None:
            rows.append(_make_row(queue, message))
        channel.close()  # gives the unacknowledged back
        if len(rows) > MAX_LETTERS:
            raise BackupFailedError(
                f"{queue} holds more than {MAX_LETTERS:,} messages: start its service, which moves them into its store"
            )
        if rows:
            yield rows


def _find_start(snapshot: Snapshot) -> Start:
    last = snapshot.last("gateway", "feed")
    event = None if last is None else read_envelope(last["event"])
    return "first" if event is None else event.time.astimezone(UTC) - MARGIN


def _find_fed(snapshot: Snapshot, since: datetime) -> set[str]:
    """Return the keys of the last events of the feed, those since then and some before."""
    found: set[str] = set()
    older = 0
    for item in snapshot.newest(GATEWAY, "feed"):
        if (event := read_envelope(item["event"])) is not None:
            found.add(event.key)
            # Not at the first: an event that failed may stand far behind its time.
            older = older + 1 if event.time < since else 0
        if older == OUT_OF_STEP:
            break
    return found


def _find_handled(snapshot: Snapshot, service: str, keys: Sequence[str]) -> set[str]:
    wanted = set(keys)
    rows: Iterable[Document] = ()
    if keys:
        rows = snapshot.find(service, INBOX, {"keys": {"$in": list(keys)}}, {"keys": 1})
    return {key for row in rows for key in row["keys"] if key in wanted}


def _published_by_then(snapshot: Snapshot, events: list[tuple[Envelope, bytes]]) -> Iterator[tuple[Envelope, bytes]]:
    # By then for certain; an inbox may have forgotten the cause.
    certain = snapshot.time.as_datetime() - CERTAIN
    causes: dict[str, set[str]] = {service: set() for service in SUBSCRIPTIONS}
    for event, _ in events:
        if event.publisher in causes and event.time >= certain:
            causes[event.publisher].update(_possible_keys(event.causationid))
    known = {service: _find_handled(snapshot, service, sorted(keys)) for service, keys in causes.items()}
    for event, body in events:
        # A stranger's event hangs on nothing that the stores hold.
        is_known = event.publisher in known and event.time >= certain
        if not is_known or known[event.publisher] & _possible_keys(event.causationid):
            yield event, body


def _possible_keys(causation: str) -> set[str]:
    """Return the keys by which an inbox may know the message with that id: a timer, a command, or an event."""
    return {causation, f"command:{causation}", *(f"{source}#{causation}" for source in _SOURCES)}


def _make_row(queue: str, message: Message) -> Document:
    properties = dict(message.properties)
    headers = properties.pop("application_headers", None) or {}
    body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
    return {
        "queue": queue,
        "id": str(properties.get("message_id", "")),
        "body": body,
        "properties": _to_bson(properties),
        "headers": _to_bson(headers),
    }


def _to_bson(value: object) -> object:
    """Return the value as BSON can carry it; the headers of strangers may hold anything."""
    if isinstance(value, dict):
        return {str(key): _to_bson(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_to_bson(part) for part in value]
    try:
        bson.encode({"": value})
    except (bson.errors.BSONError, OverflowError):
        return str(value)
    return value
