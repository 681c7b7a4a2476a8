"""The republication of the messages that were in transit: straight into the queues of services that lack them."""

from collections.abc import Iterable
from itertools import islice
from typing import Final, cast

from amqp import Connection
from amqp.exceptions import NotFound

from deploy.lianshan.backup.backlog import GATEWAY, Backlog, find_backlogs, find_handled, is_subscribed
from deploy.lianshan.backup.container import Reader
from deploy.lianshan.backup.errors import RestoreFailedError
from deploy.lianshan.backup.events import EventRow
from deploy.lianshan.backup.manifest import EVENTS, LETTERS
from deploy.lianshan.stores import Store
from shared.contracts.subscriptions import ARCHIVE_STREAM, SUBSCRIPTIONS
from shared.engine.amqp.broker import Outgoing, Publisher
from shared.engine.amqp.depth import read_depth
from shared.engine.amqp.topology import events_queue, plan
from shared.engine.store.collections import LETTERS as STORED
from shared.engine.store.former_letters import keep_former
from shared.engine.store.outbox import to_outgoing
from shared.engine.store.sealing import vault_of_store
from shared.runtime.clock import machine_now
from shared.runtime.vault import Vault

AT_ONCE: Final = 500


def check_idle(connection: Connection) -> None:
    """Raise RestoreFailedError unless every queue stands, is empty, and has no consumer; DepthUnknownError."""
    for queue in plan():
        # The archive may hold events of an earlier life; nobody consumes it.
        if queue.name == ARCHIVE_STREAM:
            continue
        try:
            messages, consumers = read_depth(connection.channel(), queue.name)
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

    def __init__(self, backup: Reader, stores: dict[str, Store], connection: Connection, vault: Vault | None) -> None:
        self._backup = backup
        self._vault = vault
        self._stores = stores
        self._connection = connection
        self._publisher = Publisher(connection)
        self.events = 0
        """Messages, each for one service: an event that two services had not handled counts twice."""
        self.letters = 0
        """Messages that failed: they stand in the stores again."""

    def run(self) -> None:
        """Publish everything. Raises RestoreFailedError, an error of BROKER_ERRORS."""
        self._keep_former_letters()
        failed = {service: self._find_failed(service) for service in SUBSCRIPTIONS}
        self.letters = sum(self._stores[service][STORED].count_documents({}) for service in SUBSCRIPTIONS)
        tail: Backlog = {row["i"]: cast("EventRow", row) for row in self._backup.documents(EVENTS)}
        found = find_backlogs(self._stores["gateway"], self._stores, self._backup.manifest.moment)
        for service in SUBSCRIPTIONS:
            queue = events_queue(service)
            rows = {**found[service], **self._find_missing(service, tail)}
            # An event that failed stands in the store: it is tried again when it is due, or when an operator says so.
            wanted = [row for key, row in rows.items() if key not in failed[service]]
            self._publish(_to_outgoing(queue, row) for row in wanted)
            self.events += len(wanted)
        self._publish(_to_outgoing(ARCHIVE_STREAM, row) for row in tail.values())

    def undo(self) -> None:
        """Leave the queues as empty as they were found; only the archive keeps its messages: a stream has no purge."""
        channel = self._connection.channel()
        for queue in plan():
            if queue.name != ARCHIVE_STREAM:
                channel.queue_purge(queue.name)

    def _keep_former_letters(self) -> None:
        """Store the dead letters of release 0.2, which lay in queues."""
        for row in self._backup.documents(LETTERS):
            queue = row["queue"].removesuffix(".dead")
            service = queue.partition(".")[0]
            if self._vault is None and queue.endswith(".commands"):
                raise RestoreFailedError(
                    "The backup holds commands that failed, which are sealed when they are stored: name its keys by "
                    "--keys, or set LIANSHAN_DATA_KEY."
                )
            # The gateway has no data key: events carry no personal data.
            own = self._vault if service != GATEWAY else None
            vault = None if own is None else vault_of_store(self._stores[service], own, service)
            statement = keep_former(
                queue, bytes(row["body"]), row["properties"], row["headers"], machine_now(), vault=vault
            )
            self._stores[service][STORED].update_one(statement["q"], statement["u"], upsert=True)

    def _find_failed(self, service: str) -> set[str]:
        prefix = f"{events_queue(service)}/"
        rows = self._stores[service][STORED].find({"kind": "event"}, {"_id": 1})
        return {row["_id"].removeprefix(prefix) for row in rows}

    def _find_missing(self, service: str, tail: Backlog) -> Backlog:
        wanted = {key: row for key, row in tail.items() if is_subscribed(service, row["t"])}
        for key in find_handled(self._stores[service], list(wanted)) if wanted else ():
            del wanted[key]
        return wanted

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
