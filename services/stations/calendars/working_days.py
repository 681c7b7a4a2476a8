"""Working days: by the calendars of an area, the country's where there is none, and Monday to Friday beyond. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, Protocol

import chinese_calendar

SATURDAY: Final = 5
MOST_DAYS_OFF: Final = 60
"""The longest run of days off that a move to the next working day passes over."""
_DAY: Final = timedelta(days=1)


class YearOfDays(Protocol):
    """A calendar of one year, as far as its days go."""

    @property
    def area(self) -> str:
        """The area in which it counts."""

    @property
    def year(self) -> int:
        """The year of all its days."""

    @property
    def holidays(self) -> Sequence[date]:
        """Days off besides the weekends."""

    @property
    def made_up(self) -> Sequence[date]:
        """Weekend days that are worked."""

    @property
    def state(self) -> str:
        """`in_force`, or withdrawn."""


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The working days of one place: by `years`, the lists of days off and days made up that were uploaded."""

    years: Mapping[int, tuple[Collection[date], Collection[date]]] = field(default_factory=dict)

    def knows(self, day: date) -> bool:
        """Return whether there is a calendar for the day. Otherwise the day may still become a holiday."""
        return day.year in self.years or is_known_year(day.year)

    def is_working(self, day: date) -> bool:
        """Return whether people work on that day; without a calendar on each from Monday to Friday."""
        if (listed := self.years.get(day.year)) is not None:
            holidays, made_up = listed
            return day in made_up or (day.weekday() < SATURDAY and day not in holidays)
        if is_known_year(day.year):
            return bool(chinese_calendar.is_workday(day))
        return day.weekday() < SATURDAY

    def find_next(self, day: date) -> date | None:
        """Return the first working day from `day` on; None where none of the next 60 days is one."""
        return next((later for later in _days_from(day) if self.is_working(later)), None)


def working_days_of(area: str, calendars: Sequence[YearOfDays]) -> WorkingDays:
    """Return the working days of a place in `area`: of each year, by the calendar of the smallest area around it."""
    years: dict[int, tuple[Collection[date], Collection[date]]] = {}
    for calendar in sorted(calendars, key=lambda one: len(one.area)):
        if calendar.state == "in_force" and area.startswith(calendar.area):
            years[calendar.year] = (frozenset(calendar.holidays), frozenset(calendar.made_up))
    return WorkingDays(years)


@lru_cache(maxsize=1)
def _known_years() -> frozenset[int]:
    return frozenset(day.year for day in chinese_calendar.holidays)


def is_known_year(year: int) -> bool:
    """Return whether the country's days of that year are known by the package."""
    return year in _known_years()


def _days_from(day: date) -> Iterator[date]:
    last = min(MOST_DAYS_OFF, (date.max - day).days)
    return (day + nth * _DAY for nth in range(last + 1))
