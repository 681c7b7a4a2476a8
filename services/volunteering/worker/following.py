"""The reader of the service's own events: from a kept place in the log, one worker at a time.

The log and not a queue of its own: nothing more is published or stored in the decision of a dispatch, and a worker that
was away reads on where it stopped. An event names dispatches that have changed; the plan looks at them as they are now.
"""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from time import monotonic
from typing import Final

from pymongo.database import Database

from services.volunteering.notices.place import STAFFINGS, LogPosition, NoticePlace
from services.volunteering.notices.steps import DispatchesChanged, position_step
from services.volunteering.worker.figures import FAILED_STEPS, READING
from shared.engine import Handler
from shared.engine.amqp.broker import Delivery, close_quietly, connect
from shared.engine.amqp.event_log import BrokerLog, LogPlace, LogReader
from shared.engine.decide.fence import Fence
from shared.engine.decide.schema import Document
from shared.engine.run.units import Step, Units
from shared.engine.store.lease import Lease
from shared.runtime.clock import Clock
from shared.runtime.logging import get_logger

SERVICE: Final = "volunteering"
BINDINGS: Final = ("volunteering.staffing.#",)
LEASE: Final = "notices"
MOST_EVENTS: Final = 200
MOST_BYTES: Final = 4 * 1024**2
"""Events of one step, and their bytes."""
WAIT_SECONDS: Final = 0.25
REFRESH_SECONDS: Final = 1.0
GATHER_SECONDS: Final = 0.5
"""How long events gather for the next step: planned one by one each costs a transaction."""
SAVE_SECONDS: Final = 5.0
"""How often the place is saved that has moved over events of others alone."""
FIRST_READ: Final = timedelta(days=1)
"""How far back the first worker of a city reads: open offers of the last day are sent."""


class Follower:
    """Plans notices while it holds the lease; one step at a time, for one thread."""

    def __init__(self, database: Database[Document], amqp_uri: str, units: Units, plan: Handler, clock: Clock) -> None:
        self._database, self._amqp_uri, self._units, self._plan, self._clock = database, amqp_uri, units, plan, clock
        self._lease = Lease(database, LEASE, Fence())
        self._reader: LogReader | None = None
        self._kept: LogPlace | None = None
        """The kept place, until the log has shown its first event from there."""
        self._next_refresh = self._next_save = 0.0
        self._most = MOST_EVENTS

    def step(self, rest: Callable[[float], object]) -> None:
        """Read the next events and plan their notices; `rest` so many seconds where another worker reads, or behind the
        last event of the log.

        Raises PyMongoError, Conflict, StoreUnreachableError, BrokerUnreachableError or an error of BROKER_ERRORS: then
        `close` comes first, and the next step begins at the kept place.
        """
        if not self._may_read():
            rest(REFRESH_SECONDS)
            return
        if self._reader is None:
            self._reader = self._open()
        taken = self._reader.take(self._most, MOST_BYTES, WAIT_SECONDS)
        if taken is None:
            return
        if self._is_another_log(self._reader):
            self._reader.close()
            self._reader = self._read_from(self._find_beginning(), applied=False)
            return
        full = len(taken) >= self._most
        # Events of many dispatches may be too much for one transaction: after a failure half as many are read again.
        self._most = max(1, self._most // 2)
        steps: list[Step] = [
            (f"notices:{need_id}", DispatchesChanged(need_id, dispatch_ids), self._plan)
            for need_id, dispatch_ids in changes_of(taken).items()
        ]
        if steps or monotonic() >= self._next_save:
            place = self._reader.place
            position = LogPosition(place.offset, place.key)
            FAILED_STEPS.inc(len(self._units.run([*steps, ("notices:place", position, position_step)])))
            self._next_save = monotonic() + SAVE_SECONDS
        self._reader.settle()
        self._most = min(MOST_EVENTS, self._most * 4)
        if steps and not full:
            rest(GATHER_SECONDS)

    def close(self) -> None:
        """Close the log; events that were read and not committed are read again."""
        READING.set(0)
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def leave(self) -> None:
        """Let another worker read at once. Raises PyMongoError."""
        self.close()
        self._lease.leave()

    def _may_read(self) -> bool:
        if monotonic() >= self._next_refresh:
            self._next_refresh = monotonic() + REFRESH_SECONDS
            if not self._lease.refresh():
                self.close()
        return self._lease.held

    def _open(self) -> LogReader:
        self._kept = None
        known = self._find_place()
        if known is None:
            start, applied = self._find_beginning(), False
        else:
            start, applied = LogPlace(known.offset, known.key), True
            self._kept = start
        return self._read_from(start, applied=applied)

    def _find_place(self) -> NoticePlace | None:
        row = self._database[NoticePlace.collection].find_one({"_id": STAFFINGS})
        return None if row is None else NoticePlace.from_document(row)

    def _read_from(self, start: LogPlace, *, applied: bool) -> LogReader:
        READING.set(1)
        get_logger().info("reading_log", offset=start.offset)
        return LogReader(self._amqp_uri, SERVICE, start, 0, applied=applied, bindings=BINDINGS)

    def _is_another_log(self, reader: LogReader) -> bool:
        """Return whether the kept place is of another log than this one, as after the loss of the broker.

        The broker would go on at the end of the new log, or at some event in it. One that has only lost its oldest
        events is read on from the first that it has.
        """
        kept, first = self._kept, reader.first
        if kept is None or first is None:
            return False
        self._kept = None
        if first == kept:
            return False
        get_logger().error("log_does_not_reach_back", wanted=kept.offset, first=first.offset)
        return first.offset <= kept.offset

    def _find_beginning(self) -> LogPlace:
        log = BrokerLog(self._amqp_uri, SERVICE)
        log.connection = connect(self._amqp_uri, "volunteering notices log")
        try:
            return log.find_since(self._clock.machine() - FIRST_READ)
        finally:
            close_quietly(log.connection)


def changes_of(taken: Sequence[Delivery]) -> dict[str, list[str]]:
    """Return the dispatches that the events name, by the need; none of an event that cannot be read."""
    found: dict[str, dict[str, None]] = {}
    for delivery in taken:
        try:
            data = json.loads(delivery.body)["data"]
            need_id, ids = str(data["need_id"]), [str(part["dispatch_id"]) for part in data.get("changed", ())]
        except (ValueError, TypeError, KeyError):
            get_logger().warning("event_unreadable", key=delivery.routing_key)
            continue
        if ids:
            found.setdefault(need_id, {}).update(dict.fromkeys(ids))
    return {need_id: list(ids) for need_id, ids in found.items()}
