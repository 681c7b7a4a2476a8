"""Catching up: a service fetches from the log the events that its queue may have dropped while it was away or slow.

Every replica looks at the length of the queue before its first batch, then every second and every LOOK_EVERY messages;
`may_have_dropped` proves that no drop escapes such looks. While events may be missing, one replica reads the log from
the last proven place on, beside the queue, and applies the events like any others: the inbox drops those that were
applied.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Final, Protocol

from pymongo.database import Database

from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.event_log import BrokerLog, LogPlace, may_have_dropped
from shared.engine.amqp.frames import Connection
from shared.engine.decide.fence import Fence
from shared.engine.decide.schema import Document
from shared.engine.store.lease import Lease
from shared.engine.store.log_positions import LogPositions, Position
from shared.runtime.clock import Clock
from shared.runtime.logging import get_logger
from shared.runtime.metrics import EngineMetrics
from shared.runtime.settings import ServiceSettings

LOOK_EVERY: Final = 1_000
"""Messages after which a replica looks again."""
LOOK_SECONDS: Final = 1.0
READ_SECONDS: Final = 5.0
"""How often a replica reads whether another one has found events missing, and whether the place is due to move on."""
TAKEN: Final = 500
TAKEN_BYTES: Final = 4 * 1024**2
"""Events of the log in one batch, and their bytes."""
WAIT_SECONDS: Final = 0.05
"""How long a batch waits for the log, so that the queue is not held up."""
QUIET_SECONDS: Final = 1.0
"""A log that gives nothing for so long has been read to its end."""
FIRST_FETCH: Final = timedelta(days=7)
"""How far back the log is read by a service that has no position yet and whose queue has overflowed."""
LEASE: Final = "log"
NONE_SEEN: Final = -1


class Reader(Protocol):
    """Reads the log from a place on, see `shared.engine.amqp.event_log.LogReader`."""

    place: LogPlace
    first: LogPlace | None

    def take(self, limit: int, max_bytes: int, wait: float) -> list[Delivery] | None: ...
    def settle(self) -> None: ...
    def close(self) -> None: ...


class Log(Protocol):
    """The log and the length of the own queue, see `shared.engine.amqp.event_log.BrokerLog`."""

    connection: Connection | None

    @property
    def holds(self) -> int: ...

    def measure(self) -> tuple[int, int]: ...
    def find_end(self) -> LogPlace: ...
    def find_since(self, instant: datetime) -> LogPlace: ...
    def read(self, start: LogPlace, openings: int, *, applied: bool) -> Reader: ...


class CatchUp:
    """One replica's part in having all events of its service. Methods raise PyMongoError, errors of BROKER_ERRORS.

    It looks again after `every` messages, and receives at most `ahead` more until then: a batch and the prefetch.
    """

    def __init__(
        self, database: Database[Document], log: Log, metrics: EngineMetrics, clock: Clock, *,
        ahead: int, every: int = LOOK_EVERY, seconds: Callable[[], float] = monotonic,
    ) -> None:  # fmt: skip
        self._positions = LogPositions(database)
        self._lease = Lease(database, LEASE, Fence())
        self._log = log
        self._every = every
        self._most = every + ahead
        self._metrics = metrics
        self._clock = clock
        self._monotonic = seconds
        self._reader: Reader | None = None
        self._received = 0
        self._unrecorded = False
        """Whether a look has found that events may be missing, and the store has not taken that yet."""
        self._openings = self._read_well = 0
        """How often the log was opened before without going well, and the events read since."""
        self._drops = NONE_SEEN
        self._next_look = self._next_read = 0.0
        self._quiet_since: float | None = None
        self._end_when_dropped: LogPlace | None = None
        self._end_since: LogPlace | None = None

    @property
    def reading(self) -> bool:
        """Whether this replica reads the log at present."""
        return self._reader is not None

    def begin(self, connection: Connection | None = None) -> None:
        """Look for the first time, by a new connection, before anything received is acknowledged."""
        self._log.connection = connection
        self._received, self._next_look, self._next_read = 0, 0.0, 0.0
        self.look()

    def look(self) -> None:
        """Look whether the queue may have dropped events, where it is time to."""
        now = self._monotonic()
        if now < self._next_look and self._received < self._every:
            return
        waiting, consumers = self._log.measure()
        dropped = self._unrecorded = self._unrecorded or may_have_dropped(
            waiting, consumers, self._most, self._log.holds
        )
        self._received, self._next_look = 0, now + LOOK_SECONDS
        if dropped:
            self._positions.mark_missing()
            self._unrecorded = False
        if dropped or self._reader is not None or now >= self._next_read:
            self._next_read = now + READ_SECONDS
            self._follow_position(dropped=dropped)

    def step(self, apply: Callable[[Sequence[Delivery]], None], received: int) -> Sequence[Delivery]:
        """Look, and apply the next events of the log while any may be missing; return these.

        `received` messages were taken from the queue since the last step.
        """
        self._received += received
        self.look()
        if missed := self._take():
            apply(missed)
        self._settle()
        return missed

    def _take(self) -> Sequence[Delivery]:
        """Return the next events of the log while any may be missing; `_settle` follows once they are applied."""
        if self._reader is None:
            return ()
        start, first_before = self._reader.place, self._reader.first
        # Few at once where a process may have ended with some of them: each batch saves the place.
        taken = self._reader.take(max(1, TAKEN >> min(3 * self._openings, 30)), TAKEN_BYTES, WAIT_SECONDS)
        if taken is None:
            self._quiet_since = self._quiet_since or self._monotonic()
            return ()
        self._quiet_since = None
        # The headers of a stranger's event may be unreadable, and its place with them: the next one shows it.
        if first_before is None and self._reader.first is not None:
            self._check_first(start, self._reader.first)
        self._metrics.fetched.inc(len(taken))
        self._read_well += len(taken)
        return taken

    def _settle(self) -> None:
        """Record that the events returned by `_take` are applied; stop reading where none is missing any more."""
        if self._reader is None:
            return
        place = self._reader.place
        if self._quiet_since is None:
            self._reader.settle()
            if self._read_well >= TAKEN:
                self._openings = 0
            self._positions.save(place, well=not self._openings)
        if self._is_done(place) and self._positions.finish(place, self._drops):
            self._metrics.missing.set(0)
            get_logger().info("caught_up", offset=place.offset)
            self.end()

    def end(self) -> None:
        """Stop reading the log; another replica, or this one later, goes on from the saved place."""
        if self._reader is not None:
            self._reader.close()
        self._reader = self._quiet_since = self._end_when_dropped = self._end_since = None
        self._drops = NONE_SEEN

    def _follow_position(self, *, dropped: bool) -> None:
        position = self._positions.read()
        if position is None:
            self._begin_position(dropped=dropped)
            return
        self._metrics.missing.set(position.missing)
        self._metrics.lost.set(position.lost)
        if position.missing:
            self._follow_missing(position, dropped=dropped)
        elif self._reader is not None:
            self.end()  # another replica has read the log to its end
        elif position.due and not dropped:
            self._positions.move_on(self._log.find_end())

    def _begin_position(self, *, dropped: bool) -> None:
        if not dropped:
            self._positions.begin(self._log.find_end(), missing=False)
            return
        # The queue overflowed before any replica of this release had looked at it.
        since = self._clock.machine() - FIRST_FETCH
        self._positions.begin(self._log.find_since(since), missing=True)

    def _follow_missing(self, position: Position, *, dropped: bool) -> None:
        if not self._lease.refresh():
            self.end()  # another replica reads on from the saved place
        elif self._reader is None:
            get_logger().warning("fetching_missed_events", offset=position.place.offset)
            self._openings, self._read_well = self._positions.count_opening(), 0
            self._reader = self._log.read(position.place, self._openings, applied=position.applied)
        elif position.drops != self._drops:
            self._drops, self._end_when_dropped, self._end_since = position.drops, self._log.find_end(), None
        elif self._end_since is None and not dropped:
            self._end_since = self._log.find_end()

    def _check_first(self, start: LogPlace, first: LogPlace) -> None:
        if start.key and first != start:
            get_logger().error("log_does_not_reach_back", wanted=start.offset, first=first.offset)
            self._positions.note_loss(start, first)

    def _is_done(self, place: LogPlace) -> bool:
        """Return whether the log has been read past the last drop, and a look since has shown no further one."""
        if self._end_when_dropped is None or self._end_since is None:
            return False
        if self._quiet_since is not None and self._monotonic() - self._quiet_since > QUIET_SECONDS:
            return True
        # The end is the first of a few events written together; a later end means that those few are complete.
        return place.offset >= self._end_since.offset > self._end_when_dropped.offset


def open_catch_up(
    service: str, settings: ServiceSettings, database: Database[Document], metrics: EngineMetrics, clock: Clock
) -> CatchUp:
    """Return a replica's part in catching up, on the broker of its settings."""
    ahead = max(settings.prefetch, settings.batch_limit) + settings.batch_limit
    return CatchUp(database, BrokerLog(settings.amqp_uri, service), metrics, clock, ahead=ahead)
