"""The months of service, in UTC, by which the load of a volunteer is counted."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple


def month_of(now: datetime) -> int:
    """Return the month as `Volunteer.month` counts it: year · 12 + month."""
    return now.year * 12 + now.month


class Month(NamedTuple):
    """A month of service, in UTC: its number as `month_of` counts it, and its bounds in seconds since 1970."""

    number: int
    begins: int
    ends: int

    # Needs of one batch share few slots, and dates are dear.
    @classmethod
    @lru_cache(maxsize=256)
    def around(cls, seconds: int) -> "Month":
        """Return the month in which a slot begins."""
        at = datetime.fromtimestamp(seconds, UTC)
        first = datetime(at.year, at.month, 1, tzinfo=UTC)
        after = datetime(at.year + at.month // 12, at.month % 12 + 1, 1, tzinfo=UTC)
        return cls(month_of(at), int(first.timestamp()), int(after.timestamp()))


def count_taken(month: int, taken: int, begins: Iterable[int]) -> tuple[int, int]:
    """Return `month` and `taken` of a volunteer after slots that are over were dropped; only the last month counts.

    `begins` are the beginnings of those slots, in seconds since 1970.
    """
    months = Counter(Month.around(seconds).number for seconds in begins)
    last = max(month, *months) if months else month
    return last, (taken if month == last else 0) + months[last]
