"""The spread of durations: counts in buckets, and percentiles of them with an error of 1/32 at most. Pure.

Minutes below 32 have a bucket each. Above, a bucket holds the minutes from m·2^k up to (m+1)·2^k, with 16 ≤ m < 32:
sixteen buckets for each doubling. A bucket stands for its middle, which is at most 2^(k-1) minutes from any duration
in it; the duration itself is m·2^k at least, 16·2^k. So the error is at most 2^(k-1) / (16·2^k) = 1/32, 3.125 %.
Buckets rise with the durations, so the duration of a rank lies in the bucket of that rank: the same bound holds for
every percentile. Sums of buckets of two places or two months are those of both together.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Final

_EXACT: Final = 32
_PARTS: Final = 16
_PART_BITS: Final = 5
_MINUTE: Final = timedelta(minutes=1)
MOST_MINUTES: Final = 20 * 366 * 24 * 60
"""Longer durations count as twenty years."""


def minutes_between(begin: datetime, end: datetime) -> int | None:
    """Return the whole minutes from one instant to another; None where the second is the earlier one."""
    return None if end < begin else (end - begin) // _MINUTE


def bucket_of(minutes: int) -> int:
    """Return the bucket of a duration in whole minutes; one below 0 counts as 0."""
    held = min(max(minutes, 0), MOST_MINUTES)
    if held < _EXACT:
        return held
    power = held.bit_length() - _PART_BITS
    return _PARTS * power + (held >> power)


def middle_of(bucket: int) -> int:
    """Return the minutes for which the bucket stands."""
    if bucket < _EXACT:
        return bucket
    power = bucket // _PARTS - 1
    return ((bucket % _PARTS + _PARTS) << power) + (1 << power >> 1)


def percentile(counts: Mapping[int, int], percent: int) -> int | None:
    """Return the minutes that `percent` of 100 durations do not exceed, by the nearest rank; None without any."""
    total = sum(counts.values())
    rank, passed = ceil(total * percent / 100), 0
    for bucket in sorted(counts):
        passed += counts[bucket]
        if counts[bucket] and passed >= rank:
            return middle_of(bucket)
    return None
