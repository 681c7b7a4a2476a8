"""Availability (可服务时间): weekly windows in the city's own time, as minutes since Monday 00:00."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from shared.contracts.volunteering.people import Window

DAY: Final = 24 * 60
WEEK: Final = 7 * DAY

Windows = tuple[tuple[int, int], ...]
"""Rising, disjoint (from, to) pairs in minutes of the week; none means any time."""


def windows_of(availability: Iterable[Window]) -> Windows:
    """Return the windows as minutes of the week, 0 to 10,080, from Monday (ISO 8601); touching ones are joined."""
    spans = sorted(
        ((day - 1) * DAY + _minutes(window.start), (day - 1) * DAY + _minutes(window.end))
        for window in availability
        for day in window.days
    )
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        # Joined, so that a slot which reaches over midnight lies in one window and `covers` need not add them up.
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)


# Needs of one batch share few slots, and the conversion to local time costs more than the whole look-up.
@lru_cache(maxsize=256)
def week_slot(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> tuple[int, int]:
    """Return the slot in minutes of the week in which it begins; over Sunday night its end is beyond WEEK."""
    local = starts_at.astimezone(zone)
    start = local.weekday() * DAY + local.hour * 60 + local.minute
    # The negated floor rounds up: a begun minute must lie in the window, too.
    return start, start + max(1, -int((starts_at - ends_at).total_seconds() // 60))


def covers(windows: Windows, slot: tuple[int, int]) -> bool:
    """Return whether the whole slot lies inside the windows."""
    if not windows:
        return True
    start, end = slot
    if end <= WEEK:
        return any(opens <= start and end <= closes for opens, closes in windows)
    if end - start >= WEEK:
        # The pairs may be lists, as MongoDB gives them.
        return [(opens, closes) for opens, closes in windows] == [(0, WEEK)]
    return covers(windows, (start, WEEK)) and covers(windows, (0, end - WEEK))


def touches(windows: Windows, slot: tuple[int, int]) -> bool:
    """Return whether any minute of the slot lies inside the windows; `slot` must end within the week."""
    return not windows or any(opens < slot[1] and slot[0] < closes for opens, closes in windows)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
