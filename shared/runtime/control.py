"""The operator's control over a running service: rows of its own store that every process of it reads.

`control` holds the pause, which is read about once a second and outlives restarts, and while a service's door is closed
the reason, which its processes write for the operator. `clock` holds the offset of the city's clock, which only a
movable clock reads; each process writes there which offset it has, and how far its host's clock is from the store's
(`skew`). Every service reads its own store only, so the command that moves the clock writes the offset to each of them.
Backups leave `clock` out.
"""

import os
from datetime import UTC, timedelta
from time import CLOCK_BOOTTIME, clock_gettime, monotonic
from typing import Final
from uuid import uuid4

from pymongo import WriteConcern
from pymongo.collection import Collection
from pymongo.database import Database

from shared.runtime.audit import Row
from shared.runtime.clock import NO_OFFSET, Clock, MachineTime
from shared.runtime.skew import CLOCK, FORGOTTEN, SkewReport

CONTROL: Final = "control"
PAUSE: Final = "pause"
"""The row {since, by, why} that pauses the service; without it the service works."""
DOOR: Final = "door"
"""The row {since, at, code} of a closed door, with the code of its reason; `at` moves as long as it is closed."""
DOOR_FRESH_SECONDS: Final = 30
"""A row whose `at` is older belongs to processes that are gone."""
OFFSET: Final = "offset"
"""The row {milliseconds, by}: city time is so far ahead of the store's; without it not at all."""
READER_PREFIX: Final = "reader:"
"""Begins the id of a row {process, pid, at, milliseconds}: the offset that a process has."""


def gateway_pause_id(service: str) -> str:
    """Return the id of the row in the gateway's own database that means that `service` is paused.

    The gateway reads no other service's database, so `lianshan pause` writes a second row there.
    """
    return f"paused:{service}"


def to_offset(row: Row | None) -> timedelta:
    """Return the offset that the row OFFSET holds, none without a row."""
    return NO_OFFSET if row is None else timedelta(milliseconds=row["milliseconds"])


def to_milliseconds(offset: timedelta) -> int:
    """Return the offset as a row holds it."""
    return offset // timedelta(milliseconds=1)


def read_offset(database: Database[Row]) -> timedelta:
    """Return the offset of the city's clock in a service's store. Raises PyMongoError."""
    return to_offset(database[CLOCK].find_one({"_id": OFFSET}))


def measure(database: Database[Row], clock: Clock) -> None:
    """Have the clock observe the store's time. Raises PyMongoError."""
    before = monotonic()
    now = read_store_time(database)
    clock.observe(now, before, monotonic())


def read_store_time(database: Database[Row]) -> MachineTime:
    """Return the time of the store (UTC). Raises PyMongoError."""
    # `hello` is answered without rights and by the primary, whose time `$$NOW` and TTL indexes go by.
    return MachineTime(database.client.admin.command("hello")["localTime"].replace(tzinfo=UTC))


def read_clock(database: Database[Row]) -> Clock:
    """Return the clock of a service's store as it stands, for a command. Raises PyMongoError."""
    clock = Clock(movable=True)
    measure(database, clock)
    clock.move(read_offset(database))
    return clock


def closed_door_update(code: str) -> list[Row]:
    """Return the update of the row DOOR while the door is closed."""
    return [{"$set": {"since": {"$ifNull": ["$since", "$$NOW"]}, "at": "$$NOW", "code": code}}]


def show_closed_door(database: Database[Row], code: str) -> None:
    """Record for the operator that the door is closed, and the code of the reason. Raises PyMongoError."""
    _shown(database).update_one({"_id": DOOR}, closed_door_update(code), upsert=True)


def show_open_door(database: Database[Row]) -> None:
    """Record that the door is open. Raises PyMongoError."""
    _shown(database).delete_one({"_id": DOOR})


def read_closed_door(database: Database[Row]) -> Row | None:
    """Return the row of a closed door; None where it is open, or no process keeps it closed. Raises PyMongoError."""
    fresh: Row = {"$gte": ["$at", {"$subtract": ["$$NOW", DOOR_FRESH_SECONDS * 1000]}]}
    return database[CONTROL].find_one({"_id": DOOR, "$expr": fresh})


def _shown(database: Database[Row]) -> "Collection[Row]":
    # Acknowledged by the primary alone: the row decides nothing.
    return database.get_collection(CONTROL, write_concern=WriteConcern(w=1))


class Pause:
    """Whether one service is paused, as of the last `refresh`."""

    def __init__(self, database: Database[Row]) -> None:
        self.paused = False
        self._rows = database[CONTROL]

    def refresh(self) -> bool:
        """Read the row; return whether the service is paused. Raises PyMongoError."""
        self.paused = self._rows.find_one({"_id": PAUSE}, {"_id": 1}) is not None
        return self.paused


class Control(Pause):
    """Whether one service is paused, and the clock of this process, as of the last `refresh`."""

    def __init__(self, database: Database[Row], clock: Clock, process: str) -> None:
        super().__init__(database)
        self._database = database
        self._clock = clock
        self._reader = ClockReader(process)
        self._skew = SkewReport(process)

    def refresh(self) -> bool:
        """Read the rows and, every MEASURE_SECONDS, the store's time; return whether the service is paused.

        Raises PyMongoError.
        """
        if self._clock.stale:
            measure(self._database, self._clock)
            self._show_skew()
        if self._clock.movable:
            self._follow_clock()
        return super().refresh()

    def _show_skew(self) -> None:
        if (update := self._skew.next_update(self._clock)) is not None:
            rows = self._database.get_collection(CLOCK, write_concern=WriteConcern(w=1))
            rows.update_one({"_id": self._skew.id}, update, upsert=True)
            rows.delete_many(FORGOTTEN)

    def _follow_clock(self) -> None:
        offset = max(read_offset(self._database), self._clock.offset)
        self._clock.move(offset)
        if self._reader.shown != offset:
            # Acknowledged by the primary alone: the row is for a command that waits for it now.
            rows = self._database.get_collection(CLOCK, write_concern=WriteConcern(w=1))
            rows.replace_one({"_id": self._reader.id}, self._reader.row(self._clock), upsert=True)
            self._reader.shown = offset


class ClockReader:
    """The row that shows which offset a process has."""

    def __init__(self, process: str) -> None:
        self.id = f"{READER_PREFIX}{uuid4().hex}"
        self.shown: timedelta | None = None
        """The offset of the row as it was last written."""
        self._process = process

    def row(self, clock: Clock) -> Row:
        """Return the row. The processes of a movable clock run on one machine: a number and its uptime name each."""
        milliseconds, uptime = to_milliseconds(clock.offset), clock_gettime(CLOCK_BOOTTIME)
        return {
            "process": self._process, "pid": os.getpid(), "at": clock.machine(), "milliseconds": milliseconds,
            "uptime_milliseconds": round(uptime * 1000),
        }  # fmt: skip
