"""The outbox: events are stored with the commit, published after it, and deleted once the broker has confirmed them.

Publishing is at least once: a crash between a confirm and the deletion makes an event be published again, and readers
drop it by its key. https://microservices.io/patterns/data/transactional-outbox.html
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from math import inf
from random import random
from typing import Final

from bson import ObjectId
from pymongo import ReturnDocument, WriteConcern
from pymongo.database import Database
from pymongo.errors import PyMongoError

from shared.contracts.access import is_private
from shared.contracts.envelope import CONTENT_TYPE, CloudEvent, routing_key
from shared.contracts.subscriptions import EVENTS_EXCHANGE
from shared.engine.amqp.broker import PERSISTENT, Outgoing, Publisher, fit_short_string
from shared.engine.amqp.frames import Properties
from shared.engine.amqp.topology import apart_exchange, readers_of
from shared.engine.decide.limits import encode_event
from shared.engine.decide.schema import Document
from shared.engine.store.collections import OUTBOX
from shared.engine.store.durability import DURABLE
from shared.runtime.failpoints import failpoint

CRASHED_AFTER: Final = 2_000
"""Milliseconds. A row this old was left by a crash or a refusing broker: publishing takes milliseconds. A row that its
own process is only slow to publish may be published twice, which is harmless.
"""
LEASE: Final = 30_000
"""Milliseconds that a swept row belongs to one replica: as long as it may wait for confirms (CONFIRM_SECONDS)."""
SWEEP_LIMIT: Final = 50
"""Rows in one sweep, so that the consumer soon takes messages again; after a full one the next comes at once."""
DELETED_TOGETHER: Final = 64
DELETE_SECONDS: Final = 0.2
"""The rows of so many published events are deleted together, or those of so long: at twenty needs a second a service
publishes twenty to sixty rows. After a kill their events are published again.
"""
FIRST_WAIT: Final = 1_000
LONGEST_WAIT: Final = 60_000
"""Milliseconds until a refused row is published again: the first, doubled with each refusal, and the longest."""
MOST_COUNTED: Final = 10_000
COUNT_MILLIS: Final = 2_000
"""Bounds of a count for the metrics: rows, and milliseconds in MongoDB."""


def to_rows(events: Sequence[CloudEvent], bodies: Sequence[bytes] | None = None) -> list[Document]:
    """Return the events as the outbox stores them; `bodies` are their JSON where it has been made already.

    Raises NotCommittableError for an event of more than 64 KiB, or with a value that is no JSON.
    """
    bodies = [encode_event(event) for event in events] if bodies is None else bodies
    return [
        {
            "k": routing_key(event.type, event.area),
            "b": body,
            "i": event.key,
            "t": event.type,
            "c": event.correlationid,
        }
        for event, body in zip(events, bodies, strict=True)
    ]


def to_outgoing(row: Document, reader: str = "") -> Outgoing:
    """Return the message that a row is published as: to all, or to the one `reader` of that queue."""
    properties: Properties = {
        "content_type": CONTENT_TYPE,
        "content_encoding": "utf-8",
        "delivery_mode": PERSISTENT,
        "message_id": row["i"],
        "type": row["t"],
        "correlation_id": fit_short_string(row["c"]),
    }
    return Outgoing(apart_exchange(reader) if reader else EVENTS_EXCHANGE, row["k"], bytes(row["b"]), properties)


def wait_after(tries: int) -> int:
    """Return the milliseconds to wait after a row's nth refusal: random, so that rows do not come together."""
    return int(min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(tries, 10)) * (0.5 + random() / 2))


class Outbox:
    """The outbox of one service. Every method raises PyMongoError, and those that publish errors of BROKER_ERRORS."""

    def __init__(self, database: Database[Document]) -> None:
        # A row that is claimed for a majority was itself committed for one: no failover takes a published event back.
        self._database = database
        self._rows = database.get_collection(OUTBOX, write_concern=DURABLE)
        # Losing a deletion costs one more publication, so nothing waits for its acknowledgement.
        self._unacknowledged = database.get_collection(OUTBOX, write_concern=WriteConcern(w=0))
        self._published: list[ObjectId] = []
        self._events, self._next_deletion = 0, 0.0

    def publish(self, publisher: Publisher, messages: Sequence[Document], ids: Sequence[ObjectId]) -> bool:
        """Publish the messages of the rows `ids`; return whether every reader took all of them.

        The rows are then deleted by `delete_published`, or at once where DELETED_TOGETHER events wait for it.

        An event that the broker refuses, because one of its queues does, is published once more to each reader apart;
        a private one goes that way at once, because others read the exchange of all events. The rows stay for those
        that refuse it still, and `sweep` publishes them to these alone.
        """
        apart = [row for row in messages if is_private(row["t"])]
        public = [row for row in messages if not is_private(row["t"])] if apart else messages
        # All are sent before the first confirm is awaited: a round trip for the whole batch.
        publisher.send([to_outgoing(row) for row in public])
        failpoint("after_publish")
        apart += [public[nth] for nth in sorted(publisher.confirm())]
        left = self._publish_apart(publisher, apart) if apart else set()
        self._events += len(messages)
        return self._conclude(ids, left, tries=0)

    def sweep(self, publisher: Publisher) -> int:
        """Publish rows left by a crash or a refusal, oldest first; return how many were, at most SWEEP_LIMIT.

        A reader that refuses is left alone for the rest of the sweep: the rows of the others do not wait for it.
        """
        published, refusing = 0, set[str]()
        for _ in range(SWEEP_LIMIT):
            row = self._claim(refusing)
            if row is None:
                break
            failpoint("during_sweep")
            if "to" not in row:
                published += self.publish(publisher, row["messages"], [row["_id"]])
                continue
            left = self._publish_apart(publisher, row["messages"], row["to"])
            published += self._conclude([row["_id"]], left, tries=row["tries"])
            refusing |= left
        self.delete_published()
        return published

    def _publish_apart(
        self, publisher: Publisher, messages: Sequence[Document], only: Collection[str] | None = None
    ) -> set[str]:
        """Publish the messages to each of their readers, or to `only` these; return the readers that refused any."""
        wanted: dict[str, list[Outgoing]] = {}
        for row in messages:
            for reader in readers_of(row["t"]):
                if only is None or reader in only:
                    wanted.setdefault(reader, []).append(to_outgoing(row, reader))
        # One after the other: the broker names a returned message by its id alone, which all its copies share.
        return {reader for reader, outgoing in wanted.items() if publisher.publish(outgoing)}

    def _conclude(self, ids: Sequence[ObjectId], left: set[str], tries: int) -> bool:
        """Have the rows deleted where nobody is `left`, else wait for these. Return whether they are to be deleted."""
        if left:
            later = {"to": sorted(left), "tries": tries + 1, "lease": {"$add": ["$$NOW", wait_after(tries)]}}
            self._rows.update_many({"_id": {"$in": list(ids)}}, [{"$set": later}])
            return False
        failpoint("after_confirm")
        self._published += ids
        if self._events >= DELETED_TOGETHER:
            self.delete_published()
        return True

    def delete_published(self, now: float = inf) -> None:
        """Delete the rows whose events the broker has confirmed, DELETE_SECONDS after the last time.

        `now` is in seconds of the monotonic clock; without it they are deleted at once. Where MongoDB is away they are
        deleted the next time, the last DELETED_TOGETHER of them; the sweep publishes the others again.
        """
        if not self._published or now < self._next_deletion:
            return
        self._events, self._next_deletion = 0, now + DELETE_SECONDS if now < inf else 0.0
        try:
            self._unacknowledged.delete_many({"_id": {"$in": self._published}})
        except PyMongoError:
            del self._published[:-DELETED_TOGETHER]
        else:
            self._published.clear()

    def measure_backlog(self) -> tuple[int, datetime | None]:
        """Return the number of events committed but not confirmed, in MOST_COUNTED rows, and the time of the oldest."""
        total = {"$group": {"_id": None, "events": {"$sum": {"$size": "$messages"}}, "oldest": {"$min": "$at"}}}
        pipeline: list[Document] = [{"$sort": {"_id": 1}}, {"$limit": MOST_COUNTED}, total]
        for row in self._rows.aggregate(pipeline, maxTimeMS=COUNT_MILLIS):
            return row["events"], row["oldest"]
        return 0, None

    def measure_bytes(self) -> int:
        """Return the bytes of all rows, before compression, as MongoDB counts them. Raises PyMongoError."""
        return int(self._database.command({"collStats": OUTBOX, "maxTimeMS": COUNT_MILLIS})["size"])

    def _claim(self, refusing: Collection[str]) -> Document | None:
        """Lease the oldest row that was left, so that no two replicas publish it at the same time.

        None that waits for a reader of `refusing`. By the clock of MongoDB: the clocks of the replicas do not matter.
        """
        left = {"$lt": ["$at", {"$subtract": ["$$NOW", CRASHED_AFTER]}]}
        # A row without a lease compares as one that ended long ago.
        free = {"$lt": ["$lease", "$$NOW"]}
        rule: Document = {"$expr": {"$and": [left, free]}, **({"to": {"$nin": sorted(refusing)}} if refusing else {})}
        if self._rows.find_one(rule, {"_id": 1}) is None:  # a third of the work of an update that finds nothing
            return None
        return self._rows.find_one_and_update(
            rule,
            [{"$set": {"lease": {"$add": ["$$NOW", LEASE]}}}],
            sort=[("_id", 1)],
            return_document=ReturnDocument.AFTER,
        )
