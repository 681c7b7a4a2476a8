"""How far the clocks of the hosts are from the store's: a gauge of each process, and a row for `lianshan doctor`.

No decision goes by the clock of a host, so a wrong one does no harm to people; but logs, traces and other programs'
metrics are read beside each other.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final
from uuid import uuid4

from pymongo.database import Database

from shared.runtime.audit import Row
from shared.runtime.clock import Clock
from shared.runtime.metrics import show_skew

CLOCK: Final = "clock"
PREFIX: Final = "skew:"
"""Begins the id of a row {process, pid, at, milliseconds}: the lead of a process's host over the store at that time."""
WRITE_SECONDS: Final = 60.0
"""How often a process writes its row."""
FRESH_SECONDS: Final = 180
"""A row that is older belongs to a process that is gone."""
ALLOWED_SECONDS: Final = 5.0
"""A host that is farther off is shown, and `LianshanClockSkew` fires."""
MAX_MILLIS: Final = 2_000
MOST_READ: Final = 200
"""Bounds of reading the rows: milliseconds in MongoDB, and rows of one service."""
_ROWS: Final[Row] = {"_id": {"$gte": PREFIX, "$lt": f"{PREFIX}~"}}


def _older(seconds: int) -> Row:
    return {"$lt": ["$at", {"$subtract": ["$$NOW", seconds * 1000]}]}


FORGOTTEN: Final[Row] = {**_ROWS, "$expr": _older(3600)}
"""Selects the rows of processes that have been gone for an hour."""


class SkewReport:
    """The gauge and the row of one process."""

    def __init__(self, process: str, now: Callable[[], float] = monotonic) -> None:
        self.id = f"{PREFIX}{uuid4().hex}"
        self._process = process
        self._now = now
        self._next = 0.0

    def next_update(self, clock: Clock) -> dict[str, Any] | None:
        """Show the skew of the clock in the metrics; return the update of the row, None as long as it is fresh."""
        show_skew(self._process, clock.skew)
        if self._now() < self._next:
            return None
        self._next = self._now() + WRITE_SECONDS
        row = {"process": self._process, "pid": os.getpid(), "milliseconds": round(clock.skew * 1000)}
        return {"$set": row, "$currentDate": {"at": True}}


@dataclass(frozen=True, slots=True)
class ProcessSkew:
    """A process and the seconds that its host's clock is ahead of the store's."""

    process: str
    seconds: float


def read_skews(database: Database[Row]) -> list[ProcessSkew]:
    """Return the skew of each running process of one service, as it was in the last minute. Raises PyMongoError."""
    fresh: Row = {**_ROWS, "$expr": {"$not": [_older(FRESH_SECONDS)]}}
    rows = database[CLOCK].find(fresh, {"process": 1, "milliseconds": 1}).limit(MOST_READ).max_time_ms(MAX_MILLIS)
    return [ProcessSkew(row["process"], row["milliseconds"] / 1000) for row in rows]


def find_skewed(store: Callable[[str], Database[Row]], services: Iterable[str]) -> list[ProcessSkew]:
    """Return the processes whose host's clock is more than ALLOWED_SECONDS off, the farthest first.

    `store` opens the store of a service. Raises PyMongoError.
    """
    found = [skew for service in services for skew in read_skews(store(service)) if abs(skew.seconds) > ALLOWED_SECONDS]
    return sorted(found, key=lambda skew: (-abs(skew.seconds), skew.process))
