"""What a commit wants said: kept with the commit, published after it, deleted once confirmed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from bson import ObjectId
from pydantic_core import to_json
from pymongo import ReturnDocument, WriteConcern
from pymongo.database import Database

from shared.contracts.envelope import CONTENT_TYPE, MAX_EVENT_BYTES, CloudEvent, routing_key
from shared.contracts.subscriptions import EVENTS_EXCHANGE
from shared.engine.amqp.broker import PERSISTENT, Outgoing, Publisher, short
from shared.engine.store.commit import OUTBOX, Document, NotCommittableError
from shared.runtime.failpoints import failpoint

CRASHED_AFTER: Final = timedelta(seconds=2)
"""A row this old was left by a crash; publishing it twice is harmless, readers know each event by its key."""
LEASE: Final = timedelta(seconds=30)
SWEEP_LIMIT: Final = 50
MOST_COUNTED: Final = 10_000
COUNT_MILLIS: Final = 2_000


def rows(events: Sequence[CloudEvent]) -> list[Document]:
    """The events as the outbox keeps them. Raises NotCommittableError for one that nobody may have to carry."""
    return [_row(event) for event in events]


def _row(event: CloudEvent) -> Document:
    body = to_json(event)
    if len(body) > MAX_EVENT_BYTES:
        raise NotCommittableError(f"{event.type} of {len(body)} bytes; an event has at most {MAX_EVENT_BYTES}")
    return {
        "k": routing_key(event.type, event.area),
        "b": body,
        "i": event.key,
        "t": event.type,
        "c": event.correlationid,
    }


def to_outgoing(row: Document) -> Outgoing:
    """A row as RabbitMQ gets it."""
    properties: dict[str, Any] = {
        "content_type": CONTENT_TYPE,
        "content_encoding": "utf-8",
        "delivery_mode": PERSISTENT,
        "message_id": row["i"],
        "type": row["t"],
        "correlation_id": short(row["c"]),
    }
    return Outgoing(EVENTS_EXCHANGE, row["k"], bytes(row["b"]), properties)


class Outbox:
    """The outbox of one service."""

    def __init__(self, database: Database[Document]) -> None:
        self._rows = database.get_collection(OUTBOX, write_concern=WriteConcern(w=1))
        # Losing a deletion costs one more publication, so nothing waits for it.
        self._told = database.get_collection(OUTBOX, write_concern=WriteConcern(w=0))

    def publish(self, publisher: Publisher, messages: Sequence[Document], ids: Sequence[ObjectId]) -> bool:
        """Publish and forget; False when the broker would not take all of it (then it is all kept and swept)."""
        publisher.send([to_outgoing(row) for row in messages])
        failpoint("after_publish")
        if publisher.confirm():
            return False
        failpoint("after_confirm")
        self._told.delete_many({"_id": {"$in": list(ids)}})
        return True

    def sweep(self, publisher: Publisher, now: datetime) -> int:
        """Publish what a crash or a full queue left here, oldest first, at most SWEEP_LIMIT; how many rows it was."""
        for count in range(SWEEP_LIMIT):
            row = self._claim(now)
            if row is None:
                return count
            failpoint("during_sweep")
            if not self.publish(publisher, row["messages"], [row["_id"]]):
                self._rows.update_one({"_id": row["_id"]}, {"$unset": {"lease": ""}})
                return count
        return SWEEP_LIMIT

    def still_there(self, ids: Sequence[ObjectId]) -> list[ObjectId]:
        """Those of the rows that are not published yet."""
        return [row["_id"] for row in self._rows.find({"_id": {"$in": list(ids)}}, {"_id": 1})]

    def backlog(self) -> tuple[int, datetime | None]:
        """How many events are committed and not confirmed, of MOST_COUNTED rows at most, and since when the oldest."""
        total = {"$group": {"_id": None, "events": {"$sum": {"$size": "$messages"}}, "oldest": {"$min": "$at"}}}
        pipeline: list[Document] = [{"$sort": {"_id": 1}}, {"$limit": MOST_COUNTED}, total]
        for row in self._rows.aggregate(pipeline, maxTimeMS=COUNT_MILLIS):
            return row["events"], row["oldest"]
        return 0, None

    def _claim(self, now: datetime) -> Document | None:
        free = {"$or": [{"lease": {"$exists": False}}, {"lease": {"$lt": now}}]}
        return self._rows.find_one_and_update(
            {"at": {"$lt": now - CRASHED_AFTER}, **free},
            {"$set": {"lease": now + LEASE}},
            sort=[("_id", 1)],
            return_document=ReturnDocument.AFTER,
        )
