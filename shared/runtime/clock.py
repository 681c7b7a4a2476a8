"""The two clocks: machine time, which never moves, and city time, which development and tests may move forward.

Machine time is read by `time.monotonic`, MongoDB's `$$NOW`, `Clock.machine` and `machine_now`: for leases, sweeps, TTL
indexes, rate limits, keys, skew, and the records of operators. City time is read by `Clock.city`, in a handler by
`work.now`: for timers, deadlines, presence, quiet hours, and every date of the domain.

City time is MongoDB's time and one offset: 0 in production, and it only grows. All processes read the time of the same
server, so the clocks of their hosts may differ. No other module reads the wall clock; a test holds that.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic, time
from typing import Final, NewType

from shared.runtime.errors import ClockError

CityTime = NewType("CityTime", datetime)
"""An instant (UTC) of the city, to be compared with dates of the domain."""
MachineTime = NewType("MachineTime", datetime)
"""An instant (UTC) of the machines, to be compared with leases and TTL dates."""

MEASURE_SECONDS: Final = 5.0
"""The pause between two measurements of the store's time."""
DRIFT: Final = 0.0005
"""Seconds that the store's clock and this host's monotonic clock may part in a second: a clock is slewed by 500 parts
per million at most. https://www.man7.org/linux/man-pages/man2/adjtimex.2.html
"""
TICK: Final = 0.001
"""MongoDB cuts its time to milliseconds."""
NO_OFFSET: Final = timedelta(0)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def machine_now() -> MachineTime:
    """Return this host's wall clock in whole milliseconds (UTC), for records of operators and names of files.

    Never to be compared with the time of another host.
    """
    return MachineTime(_to_instant(time()))


class Clock:
    """The store's time as this process knows it, and the city's. Neither goes back, and neither asks the store.

    `observe` brings it the store's time every MEASURE_SECONDS; between two observations the monotonic clock runs on.
    Until the first one it is the clock of this host, `wall`, which does not count any more afterwards.
    """

    def __init__(
        self, *, movable: bool = False, monotonic: Callable[[], float] = monotonic, wall: Callable[[], float] = time
    ) -> None:
        self.movable = movable
        """Whether the city's clock may be moved: in development and tests, see `shared.runtime.settings`."""
        self.offset = NO_OFFSET
        """The seconds that city time is ahead of the store's."""
        self.skew = 0.0
        """The seconds that this host's clock was ahead of the store's at the last observation: for operators only."""
        self._monotonic = monotonic
        self._wall = wall
        # The store's seconds since 1970 minus this host's monotonic seconds lie between these two.
        self._least = self._most = wall() - monotonic()
        self._observed_at: float | None = None
        self._latest = 0

    def machine(self) -> MachineTime:
        """Return the store's time in whole milliseconds (UTC), never ahead of it."""
        return MachineTime(_EPOCH + timedelta(milliseconds=self._milliseconds()))

    def city(self) -> CityTime:
        """Return the city's time in whole milliseconds (UTC), the resolution of a date in MongoDB."""
        return CityTime(self.machine() + self.offset)

    @property
    def stale(self) -> bool:
        """Whether the store's time should be observed again."""
        return self._observed_at is None or self._monotonic() >= self._observed_at + MEASURE_SECONDS

    def observe(self, store_time: datetime, before: float, after: float) -> None:
        """Take the store's time (UTC), read between two instants of the monotonic clock, in seconds.

        A slow answer bounds the store's time loosely; then the bounds of earlier answers, widened by the drift since,
        stay. Bounds that contradict each other mean that the store's clock was set: the new ones hold.
        """
        reading = (store_time.replace(tzinfo=UTC) - _EPOCH).total_seconds()
        least, most = reading - after, reading + TICK - before
        if self._observed_at is not None:
            drift = (after - self._observed_at) * DRIFT
            kept = max(least, self._least - drift), min(most, self._most + drift)
            least, most = kept if kept[0] <= kept[1] else (least, most)
        else:
            self._latest = 0  # a host that was ahead would make time stand until the store has caught up
        # The store has read its clock about halfway between question and answer.
        self.skew = self._wall() - reading - (self._monotonic() - (before + after) / 2)
        self._least, self._most, self._observed_at = least, most, after

    def move(self, offset: timedelta) -> None:
        """Set city time ahead of the store's by `offset`. Raises ClockError where the clock stands or would go back."""
        if offset != self.offset and not self.movable:
            raise ClockError("this process keeps the store's time: its city clock is not movable")
        if offset < self.offset:
            raise ClockError(f"city time only goes forward: it is {self.offset} ahead, and {offset} is less")
        self.offset = offset

    def _milliseconds(self) -> int:
        # The least that it can be: a timer that fires a millisecond late does no harm, an early one finds nothing due.
        now = int((self._least + self._monotonic()) * 1000)
        # A store whose clock was set back, or another primary's slower one: time stands until it is reached again.
        self._latest = max(self._latest, now)
        return self._latest


def _to_instant(seconds: float) -> datetime:
    return _EPOCH + timedelta(milliseconds=int(seconds * 1000))
