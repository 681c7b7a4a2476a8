"""Due rows of a collection, shared out among the replicas of a service: each takes different ones, by a lease.

A lease is advice and no lock. A replica deletes or changes a row only while the row is due at the same instant. So
a row that two replicas hold takes effect once: where a lease has lapsed, or a release without leases runs beside this.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from pymongo import WriteConcern, timeout
from pymongo.database import Database
from pymongo.errors import ExecutionTimeout
from pymongo.read_concern import ReadConcern

from shared.engine.decide.schema import Document
from shared.engine.store.lease import lapses_in

ROW_LEASE_SECONDS: Final = 10
"""How long a replica keeps the rows that it has taken, by the clock of MongoDB: several times a slow batch. The rows of
one that died rest as long.
"""
MOST_PAGES: Final = 4
"""Pages that one `take` reads while other replicas are quicker."""
_LEASING_SECONDS: Final = 2
"""How long taking a page may wait for a transaction that is writing one of its rows."""


class DueRows:
    """The due rows of one collection as one replica takes them.

    A row has an instant `due`, by which its collection has an index. Its lease is bound to that instant: a row that any
    release has set to another one is free. The replica's own rows are taken again, so it calls `take`
    only with nothing in hand.
    """

    def __init__(self, database: Database[Document], collection: str) -> None:
        self._rows = database[collection]
        # Leases are asked of the primary, and acknowledged by it alone: one that a failover loses costs a conflict.
        self._leases = database.get_collection(
            collection, read_concern=ReadConcern("local"), write_concern=WriteConcern(w=1)
        )
        self._holder = uuid4().hex
        self.next_due: datetime | None = None
        """The instant of the first row that the last `take` has seen and not taken: ahead, or another was quicker."""

    def take(self, now: datetime, limit: int, ahead: timedelta = timedelta()) -> list[Document]:
        """Return rows due by `now` that no other replica holds, the most overdue first, `limit` at most.

        It looks `ahead` for `next_due`. One round trip where nothing is due, two where it is, and more only where other
        replicas take the same page. Raises PyMongoError.
        """
        free: Document = {"due": {"$lte": now + ahead}, "$expr": self._is_free}
        for _ in range(MOST_PAGES):
            found = list(self._rows.find(free).sort("due", 1).limit(limit))
            due = [row for row in found if row["due"] <= now]
            taken = self._lease(due, free) if due else []
            left = found[len(due) :] if taken else found
            self.next_due = left[0]["due"] if left else None
            if taken or len(due) < limit:
                return taken
        return []

    def renew(self, row: Document) -> None:
        """Keep a row of `take` for as long again, where it is still this replica's. Raises PyMongoError."""
        mine: Document = {"_id": row["_id"], "lease_holder": self._holder, "lease_due": row["due"]}
        self._leases.update_one(mine, [{"$set": {"lease_until": lapses_in(ROW_LEASE_SECONDS)}}])

    def was_left(self, row: Document) -> bool:
        """Return whether another replica held the row for this very instant, and let its lease lapse: it may have died.

        A row as `take` has returned it.
        """
        return row.get("lease_due") == row["due"] and row.get("lease_holder") != self._holder

    def _lease(self, found: Sequence[Document], free: Document) -> list[Document]:
        ids: Document = {"_id": {"$in": [row["_id"] for row in found]}}
        news: Document = {
            "lease_holder": self._holder, "lease_due": "$due", "lease_until": lapses_in(ROW_LEASE_SECONDS),
        }  # fmt: skip
        try:
            with timeout(_LEASING_SECONDS):
                changed = self._leases.update_many({**ids, **free}, [{"$set": news}])
        except ExecutionTimeout:
            return []  # those that it has leased meanwhile are this replica's, and are taken at the next look
        if changed.matched_count == len(found):
            return list(found)
        mine = {row["_id"] for row in self._leases.find({**ids, "lease_holder": self._holder}, {"_id": 1})}
        return [row for row in found if row["_id"] in mine]

    @property
    def _is_free(self) -> Document:
        lapsed = {"$lte": ["$lease_until", "$$NOW"]}
        # A row without a lease has neither field.
        of_another_time = {"$ne": ["$lease_due", "$due"]}
        return {"$or": [{"$eq": ["$lease_holder", self._holder]}, lapsed, of_another_time]}
