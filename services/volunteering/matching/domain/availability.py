"""When a volunteer can come: weekly windows in the city's own time, as minutes since Monday 00:00."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from shared.contracts.volunteering.people import Window

DAY: Final = 24 * 60
WEEK: Final = 7 * DAY
HULL: Final = DAY
"""Needs of the same day look for candidates together, first among those who have nothing else that day."""

Windows = tuple[tuple[int, int], ...]
"""Rising, disjoint (from, to) pairs in minutes of the week; none means any time."""


def windows_of(availability: Iterable[Window]) -> Windows:
    """The windows as minutes of the week; overlapping and touching ones are joined."""
    spans = sorted(
        ((day - 1) * DAY + _minutes(window.start), (day - 1) * DAY + _minutes(window.end))
        for window in availability
        for day in window.days
    )
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)


@lru_cache(maxsize=256)
def week_slot(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> tuple[int, int]:
    """A slot in minutes of the week where it begins; the end is beyond WEEK where it crosses Sunday night."""
    local = starts_at.astimezone(zone)
    start = local.weekday() * DAY + local.hour * 60 + local.minute
    return start, start + max(1, -int((starts_at - ends_at).total_seconds() // 60))


def covers(windows: Windows, slot: tuple[int, int]) -> bool:
    """Whether the whole slot lies inside the windows."""
    if not windows:
        return True
    start, end = slot
    if end <= WEEK:
        return any(opens <= start and end <= closes for opens, closes in windows)
    if end - start >= WEEK:
        return [(opens, closes) for opens, closes in windows] == [(0, WEEK)]
    return covers(windows, (start, WEEK)) and covers(windows, (0, end - WEEK))


def touches(windows: Windows, slot: tuple[int, int]) -> bool:
    """Whether any of the slot lies inside the windows; `slot` ends within the week."""
    return not windows or any(opens < slot[1] and slot[0] < closes for opens, closes in windows)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
