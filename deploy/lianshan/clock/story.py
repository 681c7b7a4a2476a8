"""The lease of the story that is played: on a stack with a moved clock one story at a time.

A second one would find its deadlines passed by the first one's moves.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import psutil
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from deploy.lianshan.clock.calendar import find_next_monday
from deploy.lianshan.clock.movement import ClockNotMovedError, move_forward, read_city_clock
from deploy.lianshan.stores import Document, Stores
from shared.runtime.clock import CityTime, Clock
from shared.runtime.skew import CLOCK

LEASE_MILLISECONDS: Final = 300_000
"""How long a story stays the one that is played after its last move: longer than any wait between two moves."""
STORY: Final = "story"
"""The row {name, pid, until} of the gateway's store."""


class StoryPlayedError(ClockNotMovedError):
    """Another story is played on this stack; the text names it."""


@dataclass(frozen=True)
class Story:
    """A story that holds the lease: it alone moves the clock."""

    stores: Stores
    name: str

    @property
    def now(self) -> CityTime:
        """Return city time (UTC)."""
        return read_city_clock(self.stores).city()

    def forward(self, span: timedelta) -> Clock:
        """Move city time forward by the span; return the clock. Raises ClockNotMovedError."""
        take_lease(self.stores, self.name)
        return move_forward(self.stores, lambda now: now + span, self.name)

    def to_next_monday(self) -> Clock:
        """Move city time to the next Monday, 09:00 in the city; return the clock. Raises ClockNotMovedError."""
        take_lease(self.stores, self.name)
        return move_forward(self.stores, find_next_monday, self.name)


@contextmanager
def play(stores: Stores, name: str) -> Iterator[Story]:
    """Hold the lease for the story of that name. Raises StoryPlayedError where another one is played."""
    take_lease(stores, name)
    try:
        yield Story(stores, name)
    finally:
        _rows(stores).delete_one({"_id": STORY, "name": name, "pid": os.getpid()})


def take_lease(stores: Stores, name: str) -> None:
    """Take the lease, or renew it, by the clock of MongoDB. Raises StoryPlayedError naming the story that has it."""
    for _ in range(2):
        if (holder := _take(stores, name)) is None:
            return
        if psutil.pid_exists(holder["pid"]):
            raise StoryPlayedError(
                f"the story “{holder['name']}” is played on this stack (process {holder['pid']}), and one at a time "
                "can move its clock: wait for its end, or take another stack (--var)"
            )
        _rows(stores).delete_one(holder)  # its process was killed
    raise StoryPlayedError("other stories take turns on this stack: take another one (--var)")


def find_story(stores: Stores) -> str | None:
    """Return the name of the story that is played; None where there is none."""
    row = _rows(stores).find_one({"_id": STORY, "$expr": {"$gt": ["$until", "$$NOW"]}})
    return None if row is None else str(row["name"])


def _take(stores: Stores, name: str) -> Document | None:
    """Take or renew the lease; return its holder's row where it is another's."""
    own = {"$and": [{"$eq": ["$name", {"$literal": name}]}, {"$eq": ["$pid", os.getpid()]}]}
    free = {"$or": [{"$lt": ["$until", "$$NOW"]}, own]}
    until = {"$add": ["$$NOW", LEASE_MILLISECONDS]}
    lease = [{"$set": {"name": {"$literal": name}, "pid": os.getpid(), "until": until}}]
    rows = _rows(stores)
    if rows.update_one({"_id": STORY, "$expr": free}, lease).matched_count:
        return None
    try:
        # The row without an end comes first: it is free by its missing `until`, and one of two commands inserts it.
        rows.insert_one({"_id": STORY})
    except DuplicateKeyError:
        return rows.find_one({"_id": STORY, "pid": {"$exists": True}}) or {"_id": STORY, "name": "", "pid": -1}
    taken = rows.update_one({"_id": STORY, "$expr": free}, lease).matched_count
    return None if taken else rows.find_one({"_id": STORY})


def _rows(stores: Stores) -> "Collection[Document]":
    return stores.collection("gateway", CLOCK)
