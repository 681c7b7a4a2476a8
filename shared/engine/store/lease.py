"""A lease: work that one replica at a time does, and that another takes over when the holder falls silent.

By the clock of MongoDB, so that the clocks of the replicas do not matter. A lease is no lock: a holder that was paused
may believe in it for a moment longer, which its fence shows, see `shared.engine.decide.fence`.
"""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from pymongo import ReturnDocument, WriteConcern
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from shared.engine.decide.fence import Fence
from shared.engine.decide.schema import Document

LEASES: Final = "leases"
LEASE_SECONDS: Final = 5
"""How long a holder may be silent. It renews every second, so that four lost renewals do no harm."""
NOBODY: Final = ""
"""The holder of a lease that was given up."""
_MILLISECONDS: Final = 3000
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
INDEXES: Final[dict[str, list[Any]]] = {LEASES: []}


def lapses_in(seconds: float) -> Document:
    """Return the expression of the time so many seconds from now, by the clock of MongoDB."""
    return {"$add": ["$$NOW", int(seconds * 1000)]}


HAS_LAPSED: Final[Document] = {"$expr": {"$lte": ["$until", "$$NOW"]}}
"""The rule that finds leases whose holder is silent, or has left."""


class Lease:
    """One replica's part in the lease of that name. `fence` shows the number while it is held."""

    def __init__(self, database: Database[Document], name: str, fence: Fence) -> None:
        self._rows = database.get_collection(LEASES, write_concern=WriteConcern("majority", wtimeout=_MILLISECONDS))
        self._name = name
        self._fence = fence
        self.holder = uuid4().hex
        self._made = False

    @property
    def held(self) -> bool:
        """Whether this replica held it at the last `refresh`."""
        return self._fence.number > 0

    def refresh(self) -> bool:
        """Renew the lease or try to take it; return whether this replica holds it now. Raises PyMongoError."""
        mine = {"$eq": ["$holder", self.holder]}
        news: Document = {
            # The same holder keeps its number, also where the lease had lapsed and nobody took it.
            "number": {"$cond": [mine, "$number", {"$add": ["$number", 1]}]},
            "holder": self.holder,
            "until": lapses_in(LEASE_SECONDS),
        }
        self._make_row()
        free: Document = {"_id": self._name, "$or": [{"holder": self.holder}, HAS_LAPSED]}
        row = self._rows.find_one_and_update(free, [{"$set": news}], return_document=ReturnDocument.AFTER)
        self._fence.number = 0 if row is None else int(row["number"])
        return self.held

    def _make_row(self) -> None:
        # Apart from taking it: MongoDB takes no `$expr` in an upsert.
        if not self._made:
            with suppress(DuplicateKeyError):
                self._rows.insert_one({"_id": self._name, "holder": NOBODY, "number": 0, "until": _LONG_AGO})
            self._made = True

    def leave(self) -> None:
        """Give the lease up, so that another replica can take it at once. Raises PyMongoError."""
        self._fence.number = 0
        self._rows.update_one(
            {"_id": self._name, "holder": self.holder}, [{"$set": {"until": "$$NOW", "holder": NOBODY}}]
        )
