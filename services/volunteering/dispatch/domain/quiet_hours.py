"""The quiet hours (免打扰时段) of the city's night: nobody is asked then, and the time to answer stands still."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

_DAY: Final = timedelta(days=1)


class QuietHours(NamedTuple):
    """A span of each day in the city's own time, in minutes since midnight; over midnight where `end` is the smaller.

    Equal bounds are no quiet hours at all.
    """

    start: int
    end: int
    zone: ZoneInfo

    def end_around(self, at: datetime) -> datetime | None:
        """Return the instant in UTC at which the quiet hours around `at` end; None where `at` is outside them."""
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        if self.start < self.end:
            return self._instant(local.date(), self.end) if self.start <= minute < self.end else None
        if self.end <= minute < self.start or self.start == self.end:
            return None
        return self._instant(local.date() if minute < self.end else local.date() + _DAY, self.end)

    def start_around(self, at: datetime) -> datetime | None:
        """Return the instant in UTC at which the quiet hours around `at` began; None where `at` is outside them."""
        if self.end_around(at) is None:
            return None
        today = at.astimezone(self.zone).date()
        start = self._instant(today, self.start)
        return start if start <= at else self._instant(today - _DAY, self.start)

    def pass_outside(self, at: datetime, duration: timedelta) -> datetime:
        """Return the instant at which `duration` has passed since `at`, the quiet hours not counted."""
        if self.start == self.end:
            return at + duration
        at = self.end_around(at) or at
        pause = self._next_start(at)
        while pause - at < duration:  # ends: each day has a minute outside the quiet hours at least
            duration -= pause - at
            at = self.end_around(pause) or pause
            pause = self._next_start(at)
        return at + duration

    def _next_start(self, at: datetime) -> datetime:
        today = at.astimezone(self.zone).date()
        start = self._instant(today, self.start)
        return start if start > at else self._instant(today + _DAY, self.start)

    def _instant(self, day: date, minute: int) -> datetime:
        return datetime.combine(day, time(*divmod(minute, 60)), self.zone).astimezone(UTC)
