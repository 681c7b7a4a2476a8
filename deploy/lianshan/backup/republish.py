"""What was under way, back to those who have not handled it: straight into their queues, and nobody else's."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

import bson
from amqp import Connection
from amqp.exceptions import NotFound
from pymongo.database import Database

from deploy.lianshan.backup.container import Reader
from deploy.lianshan.backup.errors import RestoreFailedError
from deploy.lianshan.backup.manifest import EVENTS, LETTERS
from deploy.lianshan.backup.missing import handled, hears, missing_of_feed
from deploy.lianshan.backup.under_way import Row
from shared.contracts.subscriptions import ARCHIVE_STREAM, SUBSCRIPTIONS
from shared.engine.amqp.broker import PERSISTENT, Outgoing, Publisher
from shared.engine.amqp.topology import dead_queue, events_queue, plan
from shared.engine.store.outbox import to_outgoing

AT_ONCE: Final = 500

Document = dict[str, Any]


def check_idle(connection: Connection) -> None:
    """The queues stand, hold nothing, and nobody listens. Raises RestoreFailedError."""
    for queue in plan():
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


class Republishing:
    """Everything that the backup says was under way, to where it belongs."""

    def __init__(self, backup: Reader, stores: "dict[str, Database[Document]]", connection: Connection) -> None:
        self._backup = backup
        self._stores = stores
        self._connection = connection
        self._publisher = Publisher(connection)
        self.events = 0
        """Brought to one service each; an event that two had not handled counts twice."""
        self.letters = 0

    def run(self) -> None:
        """Raises RestoreFailedError, and one of BROKER_ERRORS."""
        letters = list(self._documents(LETTERS))
        dead = {(letter["queue"], letter["id"]) for letter in letters}
        tail = {row["i"]: row for row in self._documents(EVENTS)}
        found = missing_of_feed(self._stores["gateway"], self._stores, self._backup.manifest.moment)
        for service in SUBSCRIPTIONS:
            queue = events_queue(service)
            rows = {**found[service], **self._missing_of_tail(service, tail)}
            # What was given up stands among the dead letters again, and is not tried anew unasked.
            wanted = [row for key, row in rows.items() if (dead_queue(queue), key) not in dead]
            self._publish(_to_queue(queue, row) for row in wanted)
            self.events += len(wanted)
        self._publish(_to_queue(ARCHIVE_STREAM, row) for row in tail.values())
        self._publish(map(_letter, letters))
        self.letters = len(letters)

    def undo(self) -> None:
        """Leave the queues as empty as they were found; the archive alone keeps what it has."""
        channel = self._connection.channel()
        for queue in plan():
            if queue.name != ARCHIVE_STREAM:
                channel.queue_purge(queue.name)

    def _missing_of_tail(self, service: str, tail: dict[str, Row]) -> dict[str, Row]:
        heard = {key: row for key, row in tail.items() if hears(service, row["t"])}
        for key in handled(self._stores[service], list(heard)) if heard else ():
            del heard[key]
        return heard

    def _documents(self, what: str) -> Iterator[Document]:
        for part in self._backup.manifest.parts_of(what):
            yield from bson.decode_iter(self._backup.read(part), bson.CodecOptions(tz_aware=True))

    def _publish(self, messages: Iterable[Outgoing]) -> None:
        iterator = iter(messages)
        while some := list(islice(iterator, AT_ONCE)):
            if self._publisher.publish(some):
                raise RestoreFailedError(
                    f"RabbitMQ does not take what was under way for {some[0].routing_key}: is it full or missing?"
                )


def _to_queue(queue: str, row: Row) -> Outgoing:
    said = to_outgoing(row)
    return Outgoing("", queue, said.body, said.properties)


def _letter(row: Document) -> Outgoing:
    properties = {**row["properties"], "message_id": row["id"], "delivery_mode": PERSISTENT}
    return Outgoing("", row["queue"], bytes(row["body"]), {**properties, "application_headers": row["headers"]})
