"""How many replicas a service has at the moment, and which of them this one is.

Replicas that reach for the same things at the same moment conflict, and all but one decide anew. Where there is
plenty, each can look at a part of its own first; `Share` tells which. It is advice: two that take themselves for the
same one only conflict more often, so that a few seconds of being wrong do no harm.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final
from uuid import uuid4

from pymongo import ASCENDING, IndexModel, WriteConcern
from pymongo.database import Database

REPLICAS: Final = "replicas"
BEAT_SECONDS: Final = 2.0
GONE_SECONDS: Final = 7
"""One that has said nothing for so long does not count any more."""
MOST: Final = 32
INDEXES: Final = {REPLICAS: [IndexModel([("at", ASCENDING)], expireAfterSeconds=3600, name="forget")]}


@dataclass(slots=True)
class Share:
    """This replica is the `index`-th, from 0, of `count`. Alone until the engine knows of others."""

    index: int = 0
    count: int = 1

    @property
    def part(self) -> tuple[int, int]:
        """Both, as they are now."""
        return self.index, self.count


class Replicas:
    """Says that this replica is there, and learns of the others."""

    def __init__(
        self, database: Database[dict[str, Any]], share: Share, clock: Callable[[], float] = monotonic
    ) -> None:
        self._rows = database.get_collection(REPLICAS, write_concern=WriteConcern(w=1))
        self._share = share
        self._id = uuid4().hex
        self._clock = clock
        self._next = 0.0

    def look(self) -> None:
        """Every two seconds: say it, and count. By the store's clock, so that the replicas' own do not matter."""
        if self._clock() < self._next:
            return
        self._rows.update_one({"_id": self._id}, {"$currentDate": {"at": True}}, upsert=True)
        recent = {"$expr": {"$gte": ["$at", {"$subtract": ["$$NOW", GONE_SECONDS * 1000]}]}}
        present = [row["_id"] for row in self._rows.find(recent, {"_id": 1}).sort("_id").limit(MOST)]
        known = self._id in present
        self._share.index, self._share.count = (present.index(self._id), len(present)) if known else (0, 1)
        self._next = self._clock() + BEAT_SECONDS

    def leave(self) -> None:
        """Say that this one takes nothing any more."""
        self._rows.delete_one({"_id": self._id})
        self._next = 0.0
