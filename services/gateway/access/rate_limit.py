"""A token bucket for each key: a rate in requests a second in the long run, and a burst beyond it. Pure."""

from dataclasses import dataclass, field
from typing import Final

MOST_KEYS: Final = 10_000
"""Buckets kept. A full bucket holds no information, so those idle longest are dropped first."""


@dataclass(slots=True)
class RateLimit:
    """`take` a token for each request; time is an argument, in seconds of any steady clock."""

    per_second: float
    burst: int
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, key: str, now: float) -> float:
        """Return 0 when the request may pass, otherwise the seconds until one may.

        A request that may not pass takes no token, so that a caller who retries too early is not held back longer.
        """
        tokens, since = self._buckets.pop(key, (float(self.burst), now))
        tokens = min(float(self.burst), tokens + max(0.0, now - since) * self.per_second)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / self.per_second
        # Popped and put back: the dictionary's order is that of use, and the first one is idle longest.
        self._buckets[key] = (tokens - 1 if wait == 0 else tokens, now)
        if len(self._buckets) > MOST_KEYS:
            del self._buckets[next(iter(self._buckets))]
        return wait
