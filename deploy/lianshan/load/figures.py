"""The figures of a load: counted while it runs, reported at its end."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil
from time import monotonic
from typing import Final, Literal

WINDOW: Final = 5.0
"""Seconds that the present rate is taken over."""
RECENT: Final = 5000
"""Needs that the present rate is taken over, at most."""
PATIENCE: Final = 1.0
"""The rate was held where the last answer came no later than so many seconds after its need was due."""
ONE_CORE: Final = 0.8
"""From this share of a core on the generator counts as busy all the time."""

Limit = Literal["generator", "answers"]
Happened = Literal["published", "ready"]


def percentile(values: Iterable[float], share: float) -> float | None:
    """Return the smallest value that at least that share of the values does not exceed; None of no values."""
    ranked = sorted(values)
    return ranked[max(0, ceil(share * len(ranked)) - 1)] if ranked else None


@dataclass
class Figures:
    """The figures of one run. Durations are seconds; the instants of events are the platform's own."""

    asked_rate: float
    asked: int
    sent: int = 0
    accepted: set[str] = field(default_factory=set)
    errors: Counter[str] = field(default_factory=Counter)
    answer_seconds: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    """The seconds from published to ready, of each need that was taken in and is ready."""
    queues: dict[str, int] = field(default_factory=dict)
    began: float = field(default_factory=monotonic)
    last_accepted: float = 0.0
    late: float = 0.0
    """The longest time between a need's moment and its sending."""
    held_up: float = 0.0
    """The time in which nothing could be sent because too many answers were missing."""
    busy: float = 0.0
    """The share of a core that driving the load has taken."""
    _published: dict[str, float] = field(default_factory=dict)
    _ready: dict[str, float] = field(default_factory=dict)
    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))

    def accept(self, need_id: str, seconds: float) -> None:
        """Count a need that was taken in, with the seconds since it was sent."""
        self.accepted.add(need_id)
        self.answer_seconds.append(seconds)
        self.last_accepted = monotonic()
        self._recent.append(self.last_accepted)
        # The event may overtake the answer.
        if need_id in self._ready:
            self._count_wait(need_id)

    def count_sent(self, *, late: float, held_up: float) -> None:
        """Count a need that is being sent: its delay, and the part of the delay for which answers were missing."""
        self.sent += 1
        self.late = max(self.late, late)
        self.held_up += held_up

    def end_sending(self, worked: float) -> None:
        """Note that all were sent and answered, and the seconds that the generator has worked."""
        self.busy = worked / max(1e-9, monotonic() - self.began)

    def count_event(self, happened: Happened, need_id: str, at: float) -> None:
        """Count an event about a need, of this run or of others; `at` in seconds since 1970."""
        if happened != "ready":
            self._published.setdefault(need_id, at)
        elif need_id not in self._ready:
            self._ready[need_id] = at
            if need_id in self.accepted:
                self._count_wait(need_id)

    def _count_wait(self, need_id: str) -> None:
        self.waits.append(max(0.0, self._ready[need_id] - self._published.get(need_id, self._ready[need_id])))

    @property
    def ended(self) -> int:
        """Return the number of needs that were taken in and became ready."""
        return len(self.waits)

    @property
    def open(self) -> list[str]:
        """Return the needs that were taken in and are not ready."""
        return sorted(self.accepted - self._ready.keys())

    @property
    def rate(self) -> float:
        """Return the needs taken in a second over the whole run."""
        seconds = self.last_accepted - self.began
        return len(self.accepted) / seconds if self.accepted and seconds > 0 else 0.0

    @property
    def rate_now(self) -> float:
        """Return the needs taken in a second over the last WINDOW seconds, as far as RECENT needs reach."""
        now = monotonic()
        recent = [at for at in self._recent if now - at < WINDOW]
        # At high rates RECENT needs are fewer than WINDOW seconds: then the span is that of the needs.
        span = min(WINDOW, now - self.began) if len(recent) < RECENT else now - recent[0]
        return len(recent) / span if span > 0 else 0.0

    @property
    def held(self) -> bool:
        """Return whether the needs were taken in at the rate that was asked for."""
        due = (self.asked - 1) / self.asked_rate
        return len(self.accepted) == self.asked and self.last_accepted - self.began <= due + PATIENCE

    @property
    def limit(self) -> Limit | None:
        """Return the limit that kept the rate from being held: the generator itself, or the answers."""
        if self.held:
            return None
        # Late without having waited for answers: then it was late by itself.
        own = self.busy >= ONE_CORE or self.late > max(PATIENCE, 2 * self.held_up)
        return "generator" if own else "answers"

    @property
    def well(self) -> bool:
        """Return whether every need was taken in, at the rate, and became ready."""
        return self.held and not self.open and not self.errors

    def to_json(self) -> dict[str, object]:
        """Return them as `--json` prints them; durations in milliseconds."""
        return {
            "well": self.well,
            "asked": self.asked,
            "asked_per_second": self.asked_rate,
            "accepted": len(self.accepted),
            "accepted_per_second": round(self.rate, 1),
            "rate_held": self.held,
            "limit": self.limit,
            "sent_late_ms": round(self.late * 1000, 1),
            "generator_busy": round(self.busy, 2),
            "ready": self.ended,
            "not_ready": self.open[:20],
            "errors": dict(self.errors),
            "answer_ms": _summarise(self.answer_seconds),
            "published_to_ready_ms": _summarise(self.waits),
        }


def _summarise(seconds: list[float]) -> dict[str, float | None]:
    found = {"p50": percentile(seconds, 0.5), "p99": percentile(seconds, 0.99), "max": max(seconds, default=None)}
    return {name: None if value is None else round(value * 1000, 1) for name, value in found.items()}
