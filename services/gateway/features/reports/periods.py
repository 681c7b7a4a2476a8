"""Calendar periods of reports: a day, a week, a month, a quarter or a year, in legal days. Pure."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from shared.contracts.legal_days import LEGAL_ZONE

PERIOD_PATTERN: Final = r"^20[0-9]{2}(-(0[1-9]|1[0-2])(-[0-3][0-9])?|-W[0-5][0-9]|-Q[1-4])?$"
"""`2026`, `2026-Q4`, `2026-11`, `2026-W45` (ISO 8601: weeks begin on Monday), `2026-11-03`."""
FIRST_YEAR: Final = 2000
_ONE_DAY: Final = timedelta(days=1)
MOST_KEPT: Final = 4_096
"""Instants whose days are kept: the events of one thing name the same instants again and again."""
_MONTHS: Final = 12
_YEAR_CHARACTERS: Final = 4
MONTH_CHARACTERS: Final = 7
"""The length of the name of a month, and of a quarter."""


class Period(NamedTuple):
    """A period by its name, its first day and its last, both within it."""

    name: str
    first: date
    last: date

    def instants(self) -> tuple[datetime, datetime]:
        """Return the first instant of the period, and the first one after it."""
        begin, end = (datetime.combine(day, time.min, LEGAL_ZONE) for day in (self.first, self.last + _ONE_DAY))
        return begin.astimezone(UTC), end.astimezone(UTC)


def read_period(name: str) -> Period:
    """Return the period of that name. Raises ValueError where the calendar has none."""
    if re.fullmatch(PERIOD_PATTERN, name) is None:
        raise ValueError(name)
    year, rest = int(name[:_YEAR_CHARACTERS]), name[_YEAR_CHARACTERS + 1 :]
    if not rest:
        return Period(name, date(year, 1, 1), date(year, _MONTHS, 31))
    if rest[0] == "W":
        first = date.fromisocalendar(year, int(rest[1:]), 1)
        return Period(name, first, first + 6 * _ONE_DAY)
    if rest[0] == "Q":
        month = 3 * int(rest[1]) - 2
        return Period(name, date(year, month, 1), _last_of_month(year, month + 2))
    if len(name) == MONTH_CHARACTERS:
        return Period(name, date(year, int(rest), 1), _last_of_month(year, int(rest)))
    day = date.fromisoformat(name)
    return Period(name, day, day)


def month_of(now: datetime) -> str:
    """Return the name of the month of that instant."""
    return now.astimezone(LEGAL_ZONE).strftime("%Y-%m")


@lru_cache(maxsize=MOST_KEPT)
def day_of(instant: str) -> str:
    """Return the legal day of an ISO 8601 instant; an instant without an offset is UTC."""
    at = datetime.fromisoformat(instant)
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(LEGAL_ZONE).date().isoformat()


def keys_of(day: str) -> tuple[str, str, str]:
    """Return the three periods for which counts of a day are kept: the day, its month and its year."""
    return day, day[:MONTH_CHARACTERS], day[:_YEAR_CHARACTERS]


def cover(first: date, last: date) -> list[str]:
    """Return the kept periods that make up these days, each day once: whole years, whole months, days."""
    found, day = [], first
    while day <= last:
        year_end, month_end = date(day.year, _MONTHS, 31), _last_of_month(day.year, day.month)
        keys = keys_of(day.isoformat())
        if (day.month, day.day) == (1, 1) and year_end <= last:
            found.append(keys[2])
            day = year_end
        elif day.day == 1 and month_end <= last:
            found.append(keys[1])
            day = month_end
        else:
            found.append(keys[0])
        day += _ONE_DAY
    return found


def split(period: Period) -> list[Period]:
    """Return the parts of a period in order: months of a year or a quarter, days of a month or a week."""
    whole_months = period.first.day == 1 and period.last >= _last_of_month(period.first.year, period.first.month)
    if whole_months and period.last > _last_of_month(period.first.year, period.first.month):
        return [read_period(key) for key in months_of(period)]
    days = (period.last - period.first).days + 1
    return [read_period((period.first + nth * _ONE_DAY).isoformat()) for nth in range(days)]


def months_of(period: Period) -> Iterator[str]:
    """Yield the names of the months of a month, a quarter or a year."""
    for month in range(period.first.month, period.last.month + 1):
        yield f"{period.first.year}-{month:02}"


def _last_of_month(year: int, month: int) -> date:
    following = date(year + 1, 1, 1) if month == _MONTHS else date(year, month + 1, 1)
    return following - _ONE_DAY
