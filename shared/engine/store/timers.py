"""Timers: messages of a service to itself, stored as rows of `timers` and handled in batches of their own.

They are due by city time, and shared out among the replicas.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from pymongo.database import Database

from shared.engine.decide.schema import Document
from shared.engine.store.collections import TIMERS
from shared.engine.store.due_rows import DueRows
from shared.engine.store.durability import DURABLE
from shared.engine.store.letters import RETRY_SECONDS
from shared.runtime.clock import CityTime

POLL_SECONDS: Final = 0.25
"""How late a timer may fire in an idle service, in seconds."""
AHEAD: Final = timedelta(seconds=1)
"""How far a look at the timers sees, so that an idle service asks MongoDB once a second. A timer that another process
sets for a nearer instant fires so much later at most, where that process does not fire it.
"""
TAKEN_TOGETHER: Final = 100
"""The most timers of one batch: few enough that the other replicas find some of the due ones at once."""
MOST_COUNTED: Final = 10_000
COUNT_MILLIS: Final = 2_000
"""Bounds of a count for the metrics: rows, and milliseconds in MongoDB."""
FAILING: Final[Document] = {"attempts": {"$gt": 0}}
"""Selects the timers that wait for another try; one that fails again and again stays among them, or is given up."""


class Timers:
    """The timers of one service. Every method raises PyMongoError."""

    def __init__(self, database: Database[Document]) -> None:
        # A majority that lags is waited for within bounds: the broker's heartbeats wait meanwhile.
        self._rows = database.get_collection(TIMERS, write_concern=DURABLE)
        self._due = DueRows(database, TIMERS)
        self._next_look: datetime | None = None

    def take_due(self, now: CityTime, limit: int = TAKEN_TOGETHER) -> list[Document]:
        """Return due rows that no other replica holds, the most overdue first, at most `limit`, see `DueRows.take`.

        MongoDB is asked where one is due by the last look or by `expect`, and AHEAD after the last look in any case.
        The commit deletes them while they are due at the same instant, so that only one replica applies each.
        """
        if self._next_look is not None and now < self._next_look:
            return []
        self._next_look = None
        rows = self._due.take(now, limit, AHEAD)
        if not rows:
            self._next_look = min(now + AHEAD, self._due.next_due or now + AHEAD)
        return rows

    def expect(self, instants: Iterable[datetime]) -> None:
        """Take note of timers that this process has set."""
        if self._next_look is not None:
            self._next_look = min((self._next_look, *instants))

    def was_left(self, row: Document) -> bool:
        """Return whether another replica held the due row and let its lease lapse, see `DueRows.was_left`."""
        return self._due.was_left(row)

    def count_overdue(self, now: CityTime) -> tuple[int, datetime | None]:
        """Return how many timers are due, at most MOST_COUNTED, and since when the most overdue is."""
        due = {"due": {"$lte": now}}
        first = self._rows.find_one(due, {"due": 1}, sort=[("due", 1)], max_time_ms=COUNT_MILLIS)
        if first is None:
            return 0, None
        return self._rows.count_documents(due, limit=MOST_COUNTED, maxTimeMS=COUNT_MILLIS), first["due"]

    def count_failing(self) -> int:
        """Return how many timers have failed since they were last handled well, at most MOST_COUNTED."""
        return self._rows.count_documents(FAILING, limit=MOST_COUNTED, maxTimeMS=COUNT_MILLIS)

    def find_unchanged(self, rows: Sequence[Document]) -> set[str]:
        """Return the ids of those rows that are still stored with the same due time."""
        same = [{"_id": row["_id"], "due": row["due"]} for row in rows]
        return {row["_id"] for row in self._rows.find({"$or": same}, {"_id": 1})}

    def delete(self, row: Document) -> None:
        """Delete a row, unless it has been set again for another time."""
        self._rows.delete_one({"_id": row["_id"], "due": row["due"]})

    def postpone(self, row: Document, now: CityTime, *, counts: bool = True) -> bool:
        """Set a failed timer to its next try; return False where it has failed five times and stays as it is.

        With `counts` false the failure was not the timer's: it is tried again soon, however often.
        """
        attempts = row.get("attempts", 0)
        if counts and attempts >= len(RETRY_SECONDS):
            return False
        wait = RETRY_SECONDS[attempts] if counts else RETRY_SECONDS[0]
        # Guarded by the due time: a timer that has been set again meanwhile stays as it is.
        later = {"due": now + timedelta(seconds=wait), "attempts": attempts + counts}
        self._rows.update_one({"_id": row["_id"], "due": row["due"]}, {"$set": later})
        self.expect([later["due"]])
        return True
