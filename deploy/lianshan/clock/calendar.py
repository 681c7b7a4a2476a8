"""Spans and instants of the city's calendar, as a person writes and reads them. Pure."""

import re
from datetime import datetime, time, timedelta, timezone
from typing import Final

from shared.runtime.clock import Clock

CITY_ZONE: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The zone of instants without one: China has one time zone, UTC+8, and no summer time."""
MORNING: Final = time(9)
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_UNITS: Final = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
_SPAN: Final = re.compile(r"(\d{1,6})([dhms])")


def read_span(text: str) -> timedelta:
    """Return the span of `3d`, `2h`, `1d12h`. Raises ValueError naming the form."""
    parts = _SPAN.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is no duration: write days, hours, minutes, seconds, like 3d, 2h or 1d12h")
    return sum((int(number) * _UNITS[unit] for number, unit in parts), timedelta(0))


def read_instant(text: str) -> datetime:
    """Return the instant of an ISO 8601 text; without a zone it is the city's. Raises ValueError naming the form."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no instant: write it like 2027-03-01T09:00, or `monday`") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=CITY_ZONE)


def find_next_monday(now: datetime) -> datetime:
    """Return the next Monday, 09:00 in the city, that is later than `now` (UTC).

    Weekday and hour are always the same, so that a story from there on is the same at any hour and day.
    """
    here = now.astimezone(CITY_ZONE)
    monday = here.date() - timedelta(days=here.weekday())
    found = datetime.combine(monday, MORNING, CITY_ZONE)
    return found if found > here else found + timedelta(days=7)


def describe_clock(clock: Clock) -> str:
    """Return the city's time, and how far it is ahead, in words."""
    here = clock.city().astimezone(CITY_ZONE)
    words = f"city time is {_WEEKDAYS[here.weekday()]}, {here:%Y-%m-%d %H:%M:%S} ({CITY_ZONE})"
    return f"{words}, {_describe_span(clock.offset)} ahead of the store's" if clock.offset else f"{words}, the store's"


def _describe_span(span: timedelta) -> str:
    """Return a span in days, hours, minutes and seconds, without the parts that are 0."""
    rest, seconds = divmod(round(span.total_seconds()), 60)
    hours, minutes = divmod(rest, 60)
    parts = ((hours // 24, "day"), (hours % 24, "hour"), (minutes, "minute"), (seconds, "second"))
    said = [f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in parts if number]
    return " ".join(said) or "less than a second"


def describe_offset(clock: Clock) -> dict[str, str | int]:
    """Return the values of the sentence about a moved clock: the city's time, and the minutes that it is ahead."""
    return {"at": clock.city().isoformat(), "ahead": int(clock.offset.total_seconds()) // 60}
