"""Reminders that a service set itself: rows of `timers`, fired through the same batches as messages."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from pymongo.database import Database

from shared.engine.amqp.topology import RETRY_DELAYS
from shared.engine.store.commit import TIMERS, Document

POLL_SECONDS: Final = 0.25
"""How late a timer may be when nothing else wakes the service."""
MOST_COUNTED: Final = 10_000
COUNT_MILLIS: Final = 2_000


class Timers:
    """The timers of one service."""

    def __init__(self, database: Database[Document]) -> None:
        self._rows = database[TIMERS]

    def due(self, now: datetime, limit: int) -> list[Document]:
        """The rows that are due, the most overdue first."""
        return list(self._rows.find({"due": {"$lte": now}}).sort("due", 1).limit(limit))

    def late(self, now: datetime) -> tuple[int, datetime | None]:
        """How many are due, of MOST_COUNTED at most, and since when the most overdue."""
        due = {"due": {"$lte": now}}
        first = self._rows.find_one(due, {"due": 1}, sort=[("due", 1)], max_time_ms=COUNT_MILLIS)
        if first is None:
            return 0, None
        return self._rows.count_documents(due, limit=MOST_COUNTED, maxTimeMS=COUNT_MILLIS), first["due"]

    def standing(self, rows: Sequence[Document]) -> set[str]:
        """The ids of those rows that are still there, due when they were."""
        same = [{"_id": row["_id"], "due": row["due"]} for row in rows]
        return {row["_id"] for row in self._rows.find({"$or": same}, {"_id": 1})}

    def drop(self, row: Document) -> None:
        """Forget a row unless it has been set anew."""
        self._rows.delete_one({"_id": row["_id"], "due": row["due"]})

    def postpone(self, row: Document, now: datetime) -> bool:
        """Set a failed timer to a later time; False when it has failed too often."""
        attempts = row.get("attempts", 0)
        if attempts >= len(RETRY_DELAYS):
            return False
        later = {"due": now + timedelta(seconds=RETRY_DELAYS[attempts]), "attempts": attempts + 1}
        self._rows.update_one({"_id": row["_id"], "due": row["due"]}, {"$set": later})
        return True
