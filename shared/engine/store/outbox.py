"""The outbox: events are stored with the commit, published after it, and deleted once the broker has confirmed them.

Publishing is at least once: a crash between a confirm and the deletion makes an event be published again, and readers
drop it by its key. https://microservices.io/patterns/data/transactional-outbox.html
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bson import ObjectId
from pymongo import ReturnDocument, WriteConcern
from pymongo.database import Database

from shared.contracts.envelope import CONTENT_TYPE, CloudEvent, routing_key
from shared.contracts.subscriptions import EVENTS_EXCHANGE
from shared.engine.amqp.broker import PERSISTENT, Outgoing, Publisher, fit_short_string
from shared.engine.amqp.frames import Properties
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
"""Rows in one sweep, so that the consumer soon takes messages again."""
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


def to_outgoing(row: Document) -> Outgoing:
    """Return the message that a row is published as."""
    properties: Properties = {
        "content_type": CONTENT_TYPE,
        "content_encoding": "utf-8",
        "delivery_mode": PERSISTENT,
        "message_id": row["i"],
        "type": row["t"],
        "correlation_id": fit_short_string(row["c"]),
    }
    return Outgoing(EVENTS_EXCHANGE, row["k"], bytes(row["b"]), properties)


class Outbox:
    """The outbox of one service. Every method raises PyMongoError, and those that publish errors of BROKER_ERRORS."""

    def __init__(self, database: Database[Document]) -> None:
        # A row that is claimed for a majority was itself committed for one: no failover takes a published event back.
        self._rows = database.get_collection(OUTBOX, write_concern=DURABLE)
        # Losing a deletion costs one more publication, so nothing waits for its acknowledgement.
        self._unacknowledged = database.get_collection(OUTBOX, write_concern=WriteConcern(w=0))

    def publish(self, publisher: Publisher, messages: Sequence[Document], ids: Sequence[ObjectId]) -> bool:
        """Publish the messages of the rows `ids`, then delete the rows; return whether the broker took all of them.

        Where it refused any, all rows stay, and `sweep` publishes them later.
        """
        # All are sent before the first confirm is awaited: a round trip for the whole batch.
        publisher.send([to_outgoing(row) for row in messages])
        failpoint("after_publish")
        if publisher.confirm():
            return False
        failpoint("after_confirm")
        self._unacknowledged.delete_many({"_id": {"$in": list(ids)}})
        return True

    def sweep(self, publisher: Publisher) -> int:
        """Publish rows left by a crash or a full queue, oldest first; return how many, at most SWEEP_LIMIT."""
        for count in range(SWEEP_LIMIT):
            row = self._claim()
            if row is None:
                return count
            failpoint("during_sweep")
            if not self.publish(publisher, row["messages"], [row["_id"]]):
                self._rows.update_one({"_id": row["_id"]}, {"$unset": {"lease": ""}})
                return count
        return SWEEP_LIMIT

    def find_unpublished(self, ids: Sequence[ObjectId]) -> list[ObjectId]:
        """Return those of the rows that are not published yet."""
        return [row["_id"] for row in self._rows.find({"_id": {"$in": list(ids)}}, {"_id": 1})]

    def measure_backlog(self) -> tuple[int, datetime | None]:
        """Return how many events are committed and not confirmed, in MOST_COUNTED rows at most, and since when."""
        total = {"$group": {"_id": None, "events": {"$sum": {"$size": "$messages"}}, "oldest": {"$min": "$at"}}}
        pipeline: list[Document] = [{"$sort": {"_id": 1}}, {"$limit": MOST_COUNTED}, total]
        for row in self._rows.aggregate(pipeline, maxTimeMS=COUNT_MILLIS):
            return row["events"], row["oldest"]
        return 0, None

    def _claim(self) -> Document | None:
        """Lease the oldest row that was left, so that no two replicas publish it at the same time.

        By the clock of MongoDB, so that the clocks of the replicas do not matter.
        """
        left = {"$lt": ["$at", {"$subtract": ["$$NOW", CRASHED_AFTER]}]}
        # A row without a lease compares as one that ended long ago.
        free = {"$lt": ["$lease", "$$NOW"]}
        return self._rows.find_one_and_update(
            {"$expr": {"$and": [left, free]}},
            [{"$set": {"lease": {"$add": ["$$NOW", LEASE]}}}],
            sort=[("_id", 1)],
            return_document=ReturnDocument.AFTER,
        )
