"""The republication of the messages that were in transit: straight into the queues of services that lack them."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, cast

import bson
from amqp import Connection
from amqp.exceptions import NotFound

from deploy.lianshan.backup.backlog import Backlog, find_backlogs, find_handled, is_subscribed
from deploy.lianshan.backup.container import Reader
from deploy.lianshan.backup.errors import RestoreFailedError
from deploy.lianshan.backup.events import EventRow
from deploy.lianshan.backup.manifest import EVENTS, LETTERS
from deploy.lianshan.stores import Document, Store
from shared.contracts.subscriptions import ARCHIVE_STREAM, SUBSCRIPTIONS
from shared.engine.amqp.broker import PERSISTENT, Outgoing, Publisher
from shared.engine.amqp.topology import dead_queue, events_queue, plan
from shared.engine.store.outbox import to_outgoing

AT_ONCE: Final = 500


def check_idle(connection: Connection) -> None:
    """Raise RestoreFailedError unless every queue stands, is empty, and has no consumer."""
    for queue in plan():
        # The archive may hold events of an earlier life; nobody consumes it.
        if queue.name == ARCHIVE_STREAM:
            continue
        try:
            _, messages, consumers = connection.channel().queue_declare(queue.name, passive=True)
        except NotFound as error:
            raise RestoreFailedError(
                f"The queue {queue.name} is missing: declare it with `lianshan topology`."
            ) from error
        if consumers:
            raise RestoreFailedError(f"Something consumes {queue.name}: stop all services, restore, then start them.")
        if messages:
            raise RestoreFailedError(
                f"This platform is not empty: {queue.name} holds {messages:,} messages. Restore into a new data folder "
                "(--var), or use a virtual host without messages."
            )


class Republication:
    """Publishes the messages of a backup that were in transit, each to the queues that it belongs to."""

    def __init__(self, backup: Reader, stores: dict[str, Store], connection: Connection) -> None:
        self._backup = backup
        self._stores = stores
        self._connection = connection
        self._publisher = Publisher(connection)
        self.events = 0
        """Messages, each for one service: an event that two services had not handled counts twice."""
        self.letters = 0

    def run(self) -> None:
        """Publish everything. Raises RestoreFailedError, an error of BROKER_ERRORS."""
        letters = list(self._read(LETTERS))
        dead = {(letter["queue"], letter["id"]) for letter in letters}
        tail: Backlog = {row["i"]: cast("EventRow", row) for row in self._read(EVENTS)}
        found = find_backlogs(self._stores["gateway"], self._stores, self._backup.manifest.moment)
        for service in SUBSCRIPTIONS:
            queue = events_queue(service)
            rows = {**found[service], **self._find_missing(service, tail)}
            # An event that was given up stands among the dead letters again: nobody has asked for another try.
            wanted = [row for key, row in rows.items() if (dead_queue(queue), key) not in dead]
            self._publish(_to_outgoing(queue, row) for row in wanted)
            self.events += len(wanted)
        self._publish(_to_outgoing(ARCHIVE_STREAM, row) for row in tail.values())
        self._publish(map(_letter_to_outgoing, letters))
        self.letters = len(letters)

    def undo(self) -> None:
        """Leave the queues as empty as they were found; only the archive keeps its messages: a stream has no purge."""
        channel = self._connection.channel()
        for queue in plan():
            if queue.name != ARCHIVE_STREAM:
                channel.queue_purge(queue.name)

    def _find_missing(self, service: str, tail: Backlog) -> Backlog:
        wanted = {key: row for key, row in tail.items() if is_subscribed(service, row["t"])}
        for key in find_handled(self._stores[service], list(wanted)) if wanted else ():
            del wanted[key]
        return wanted

    def _read(self, name: str) -> Iterator[Document]:
        for part in self._backup.manifest.parts_of(name):
            yield from bson.decode_iter(self._backup.read(part), bson.CodecOptions(tz_aware=True))

    def _publish(self, messages: Iterable[Outgoing]) -> None:
        iterator = iter(messages)
        while some := list(islice(iterator, AT_ONCE)):
            if self._publisher.publish(some):
                raise RestoreFailedError(
                    f"RabbitMQ does not take the messages under way for {some[0].routing_key}: is it full or missing?"
                )


def _to_outgoing(queue: str, row: EventRow) -> Outgoing:
    event = to_outgoing(dict(row))
    # To the queue itself: through the exchange it would reach every service again.
    return Outgoing("", queue, event.body, event.properties)


def _letter_to_outgoing(row: Document) -> Outgoing:
    properties = {**row["properties"], "message_id": row["id"], "delivery_mode": PERSISTENT}
    return Outgoing("", row["queue"], bytes(row["body"]), {**properties, "application_headers": row["headers"]})
