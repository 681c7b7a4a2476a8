"""A token bucket for each key: a rate in requests a second in the long run, and a burst beyond it. Pure."""

from dataclasses import dataclass, field
from math import ceil
from typing import Final, NamedTuple

MOST_KEYS: Final = 10_000
"""Buckets kept. A full bucket holds no information, so those idle longest are dropped first."""
BURST_SECONDS: Final = 4
"""The burst of a key with a rate of its own, in seconds of that rate."""


class Standing(NamedTuple):
    """A key's bucket after its last request: `left` of `burst` requests, all of them again after `until_full` seconds.

    `window` is the time in seconds in which an empty bucket fills.
    """

    burst: int
    window: int
    left: int
    until_full: int


@dataclass(slots=True)
class RateLimit:
    """`take` a token for each request; time is an argument, in seconds of any steady clock."""

    per_second: float
    burst: int
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, key: str, now: float, own: int | None = None) -> float:
        """Return 0 when the request may pass, otherwise the seconds until one may.

        `own` is the key's own rate in requests a second, which is never more than the gateway's. A request that may
        not pass takes no token, so that a caller who retries too early is not held back longer.
        """
        per_second, burst = self._bounds(own)
        tokens, since = self._buckets.pop(key, (burst, now))
        tokens = min(burst, tokens + max(0.0, now - since) * per_second)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / per_second
        # Popped and put back: the dictionary's order is that of use, and the first one is idle longest.
        self._buckets[key] = (tokens - 1 if wait == 0 else tokens, now)
        if len(self._buckets) > MOST_KEYS:
            del self._buckets[next(iter(self._buckets))]
        return wait

    def show(self, key: str, own: int | None = None) -> Standing:
        """Return the standing of a key that has just taken."""
        per_second, burst = self._bounds(own)
        tokens, _ = self._buckets.get(key, (burst, 0.0))
        return Standing(int(burst), ceil(burst / per_second), int(tokens), ceil((burst - tokens) / per_second))

    def _bounds(self, own: int | None) -> tuple[float, float]:
        if own is None:
            return self.per_second, float(self.burst)
        return min(self.per_second, float(own)), min(float(self.burst), float(own * BURST_SECONDS))
