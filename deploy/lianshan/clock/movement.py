"""Moving the city's clock: the offset is written to each store, and every process that has it confirms it.

A service reads its own store only, so each store holds the offset. A command that was cut off between two stores is
repeated by the next one, which writes the largest offset to all.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import psutil
from pymongo import WriteConcern

from deploy.lianshan.local.processes import Identity
from deploy.lianshan.stores import SERVICES, Document, Stores
from shared.runtime.clock import CityTime, Clock
from shared.runtime.control import OFFSET, READER_PREFIX, measure, read_offset, to_milliseconds
from shared.runtime.skew import CLOCK

WAIT_SECONDS: Final = 10.0
"""How long the processes may take to confirm an offset. They read it five times a second, between two batches."""
TICK_SECONDS: Final = 0.05
FARTHEST: Final = timedelta(days=3660)
"""The farthest that one command moves the clock: a slip of the keyboard cannot be taken back."""
_STARTED_BEFORE: Final = timedelta(seconds=2)
"""A process is older than the row it writes, but for the inaccuracy of the system's start times."""
_DURABLE: Final = WriteConcern("majority", wtimeout=10_000)


class ClockNotMovedError(RuntimeError):
    """The clock may not be moved, or a process has not confirmed it; the text names the rule and the next step."""


@dataclass(frozen=True)
class Reader:
    """A running process with a movable clock, and the offset that it has."""

    process: str
    pid: int
    offset: timedelta


def read_city_clock(stores: Stores) -> Clock:
    """Return the clock as the farthest store has it, for a command. Raises PyMongoError."""
    clock = Clock(movable=True)
    measure(stores.of("stations"), clock)
    clock.move(max(read_offset(stores.of(service)) for service in SERVICES))
    return clock


def find_readers(stores: Stores) -> list[Reader]:
    """Return the living processes with a movable clock, and remove the rows of those that have ended."""
    found = []
    for service in SERVICES:
        rows = stores.collection(service, CLOCK)
        for row in rows.find({"_id": {"$regex": f"^{READER_PREFIX}"}}):
            if _lives(row):
                found.append(Reader(row["process"], row["pid"], timedelta(milliseconds=row["milliseconds"])))
            else:
                rows.delete_one({"_id": row["_id"]})
    return found


def check_movable(readers: Sequence[Reader], consumers: Mapping[str, int]) -> None:
    """Raise ClockNotMovedError unless every process has a movable clock.

    `consumers` are the processes that take the messages of each service, as the broker counts them.
    """
    remedy = "start all of them with LIANSHAN_MOVABLE_CLOCK=true (development only), as `lianshan up --movable-clock`"
    if not readers:
        raise ClockNotMovedError(f"no process here has a movable clock: {remedy}")
    known = Counter(reader.process for reader in readers)
    for service, count in consumers.items():
        if count > known[service]:
            kept = count - known[service]
            raise ClockNotMovedError(f"{kept} of {count} processes of {service} keep the store's time: {remedy}")


def move_forward(stores: Stores, choose: Callable[[CityTime], datetime], by: str) -> Clock:
    """Move city time to the instant that `choose` returns for the present one; return the clock.

    Waits until every process has it. Raises ClockNotMovedError where the instant is past or beyond FARTHEST, or where a
    process has not confirmed after WAIT_SECONDS; then it names each such process, and the clock stands moved.
    """
    clock = read_city_clock(stores)
    now = clock.city()
    ahead = choose(now) - now
    if ahead < timedelta(0):
        raise ClockNotMovedError(f"city time only goes forward: it is {now:%Y-%m-%d %H:%M:%S} UTC already")
    if ahead > FARTHEST:
        raise ClockNotMovedError(f"the clock moves {FARTHEST.days} days at once at most, not {ahead.days}")
    clock.move(clock.offset + ahead)
    for service in SERVICES:
        rows = stores.of(service).get_collection(CLOCK, write_concern=_DURABLE)
        # The largest holds: two commands at once do not take each other back.
        change: Document = {"$max": {"milliseconds": to_milliseconds(clock.offset)}, "$set": {"by": by}}
        rows.update_one({"_id": OFFSET}, change, upsert=True)
    if late := _await_readers(stores, clock.offset):
        names = ", ".join(f"{reader.process} (process {reader.pid})" for reader in late)
        raise ClockNotMovedError(
            f"the clock is moved, but {names} did not confirm it within {WAIT_SECONDS:g} s: see its log, restart it"
        )
    return clock


def _await_readers(stores: Stores, offset: timedelta) -> list[Reader]:
    """Return the processes that have not confirmed the offset in time."""
    end_at = time.monotonic() + WAIT_SECONDS
    whole = timedelta(milliseconds=to_milliseconds(offset))
    while True:
        late = [reader for reader in find_readers(stores) if reader.offset < whole]
        if not late or time.monotonic() > end_at:
            return late
        time.sleep(TICK_SECONDS)


def _lives(row: Document) -> bool:
    try:
        known = Identity.of(row["pid"])
    except psutil.NoSuchProcess:
        return False
    # A later process with the same number is another one.
    written = timedelta(milliseconds=row.get("uptime_milliseconds", 0))
    return timedelta(seconds=known.since_boot) < written + _STARTED_BEFORE and known.process() is not None
