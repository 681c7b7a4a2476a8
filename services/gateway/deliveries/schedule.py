"""The times of retries. Pure: the present and a roll from 0 to 1 are arguments.

A message is tried again when its age has about doubled: after 5 s, 10 s, 20 s, … at most 15 h apart, for three days.
The jitter spreads the retries of many messages, so that an endpoint that is back is not met by all of them at once.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

PERIOD: Final = timedelta(days=3)
"""From the first attempt to the last."""
FIRST: Final = timedelta(seconds=5)
LONGEST: Final = timedelta(hours=12)
LONGEST_PROBE: Final = timedelta(minutes=10)
"""The longest pause between two probes of an endpoint that fails, before jitter."""
MOST_HELD: Final = timedelta(days=1)
"""The longest pause that an endpoint may ask for by Retry-After."""
_JITTER: Final = 0.25


def next_attempt(first_at: datetime, now: datetime, roll: float) -> datetime | None:
    """Return the time of the next attempt at a message first tried at `first_at`; None once its three days are over."""
    if now >= first_at + PERIOD:
        return None
    return min(now + _pause(now - first_at, LONGEST, roll), first_at + PERIOD)


def next_probe(failing_since: datetime, now: datetime, roll: float) -> datetime:
    """Return the time at which an endpoint is tried again that has failed since then."""
    return now + _pause(now - failing_since, LONGEST_PROBE, roll)


def _pause(age: timedelta, longest: timedelta, roll: float) -> timedelta:
    return min(max(age, FIRST), longest) * (1 + _JITTER * roll)


def read_retry_after(header: str | None, now: datetime) -> datetime | None:
    """Return the instant that Retry-After names, in seconds or as a date (RFC 9110, 10.2.3), a day ahead at most.

    None where there is none that can be read.
    """
    text = (header or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        seconds = min(int(text[:9]), int(MOST_HELD.total_seconds()))
        return now + timedelta(seconds=seconds)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min(max(at, now), now + MOST_HELD)
