"""How many replicas a service has at the moment, and which of them this one is.

Replicas that reach for the same things at the same moment conflict, and all but one decide again. Where there is
plenty, each can search a part of its own first; `Share` names the part. It is advice, not a lock: two replicas with the
same part only conflict more often, so a few seconds of being wrong do no harm.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final
from uuid import uuid4

from pymongo import ASCENDING, IndexModel, WriteConcern
from pymongo.database import Database

from shared.engine.decide.schema import Document

REPLICAS: Final = "replicas"
BEAT_SECONDS: Final = 2.0
"""How often a replica writes that it is there."""
GONE_SECONDS: Final = 7
"""A replica that has not written for so long does not count any more: three beats, and a second for a slow write."""
MOST: Final = 32
"""Replicas that are counted; a service with more of them shares the work as 32 would."""
INDEXES: Final = {REPLICAS: [IndexModel([("at", ASCENDING)], expireAfterSeconds=3600, name="forget")]}


@dataclass(slots=True)
class Share:
    """The part of this replica: the `index`-th, from 0, of `count`. Alone until the engine knows of others."""

    index: int = 0
    count: int = 1

    @property
    def part(self) -> tuple[int, int]:
        """Index and count, as they are now."""
        return self.index, self.count


class Replicas:
    """Keeps the share of one replica up to date by a row of its own in `replicas`."""

    def __init__(self, database: Database[Document], share: Share, clock: Callable[[], float] = monotonic) -> None:
        # Acknowledged by the primary alone: a row that a failover loses is written again two seconds later.
        self._rows = database.get_collection(REPLICAS, write_concern=WriteConcern(w=1))
        self._share = share
        self._id = uuid4().hex
        self._clock = clock
        self._next = 0.0

    def refresh(self) -> None:
        """Write this replica's row and count the others, at most every BEAT_SECONDS. Raises PyMongoError.

        By the clock of MongoDB, so that the clocks of the replicas do not matter.
        """
        if self._clock() < self._next:
            return
        self._rows.update_one({"_id": self._id}, {"$currentDate": {"at": True}}, upsert=True)
        recent = {"$expr": {"$gte": ["$at", {"$subtract": ["$$NOW", GONE_SECONDS * 1000]}]}}
        present = [row["_id"] for row in self._rows.find(recent, {"_id": 1}).sort("_id").limit(MOST)]
        known = self._id in present
        self._share.index, self._share.count = (present.index(self._id), len(present)) if known else (0, 1)
        self._next = self._clock() + BEAT_SECONDS

    def leave(self) -> None:
        """Delete this replica's row, so that the others take over its part at once. Raises PyMongoError."""
        self._rows.delete_one({"_id": self._id})
        self._next = 0.0
