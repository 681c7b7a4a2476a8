"""The bounds within which one volunteer is asked: offers open at once, and offers in a week."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

NEVER_ASKED: Final = (0, 0)
"""The asks of a volunteer who was never offered anything."""
ANY_WEEK: Final = -1
"""The week of limits that no ask of any week uses up."""
_DAYS: Final = 7


class AskLimits(NamedTuple):
    """The most open offers of one volunteer, the most offers in one week, and the number of the week that is now."""

    open_offers: int
    weekly: int
    week: int = 0

    def allow(self, open_offers: int, asked: Sequence[int]) -> bool:
        """Return whether a volunteer with this number of open offers, and these `asked`, may get one more."""
        return open_offers < self.open_offers and not self.used_up_by(asked)

    def used_up_by(self, asked: Sequence[int]) -> bool:
        """Return whether `asked`, a week and the offers made in it, leaves no other offer in the week that is now."""
        return asked[0] == self.week and asked[1] >= self.weekly


NO_LIMITS: Final = AskLimits(0, 0)
"""The limits of a search without a slot, which finds everybody, asked or not."""


def week_of(now: datetime, zone: ZoneInfo) -> int:
    """Return the number of the week, from Monday (ISO 8601) in that time zone, since the year 1."""
    return (now.astimezone(zone).toordinal() - 1) // _DAYS


def count_ask(asked: Sequence[int], week: int) -> tuple[int, int]:
    """Return the asks after one more in that week."""
    return week, asked[1] + 1 if asked[0] == week else 1


def add_asks(one: Sequence[int], other: Sequence[int]) -> tuple[int, int]:
    """Return the asks of two ids of one person, those of the later week."""
    week = max(one[0], other[0])
    return week, sum(count for of, count in (one, other) if of == week)
