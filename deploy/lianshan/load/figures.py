"""What is counted while the load runs, and what is told at its end."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil
from time import monotonic
from typing import Any, Final, Literal

WINDOW: Final = 5.0
"""The live table shows the last seconds."""
RECENT: Final = 5000
PATIENCE: Final = 1.0
"""The rate was held where the last answer came no later than so many seconds after its need was due."""
ONE_CORE: Final = 0.8
"""Who works for so much of the time on one core was busy all along."""

Limit = Literal["generator", "answers"]


def percentile(values: Iterable[float], share: float) -> float | None:
    """The smallest value that at least that share of the values does not exceed; None where there are none."""
    ranked = sorted(values)
    return ranked[max(0, ceil(share * len(ranked)) - 1)] if ranked else None


@dataclass
class Figures:
    """One run. Times are seconds; `happened` times are the platform's own."""

    asked_rate: float
    asked: int
    sent: int = 0
    accepted: set[str] = field(default_factory=set)
    errors: Counter[str] = field(default_factory=Counter)
    answer_seconds: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    """From published to ready, of each need that was taken in and is ready."""
    queues: dict[str, int] = field(default_factory=dict)
    began: float = field(default_factory=monotonic)
    last_accepted: float = 0.0
    late: float = 0.0
    """How long after it was due a need was sent, at worst."""
    held_up: float = 0.0
    """For how long nothing could be sent because too many answers were missing."""
    busy: float = 0.0
    """The share of a core that bringing the load has taken."""
    _published: dict[str, float] = field(default_factory=dict)
    _ready: dict[str, float] = field(default_factory=dict)
    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))

    def accept(self, need_id: str, seconds: float) -> None:
        """A need was taken in, after so long."""
        self.accepted.add(need_id)
        self.answer_seconds.append(seconds)
        self.last_accepted = monotonic()
        self._recent.append(self.last_accepted)
        if need_id in self._ready:
            self._note(need_id)

    def brought(self, *, late: float, held_up: float) -> None:
        """A need is being sent, that much after its time, and for that long because answers were missing."""
        self.sent += 1
        self.late = max(self.late, late)
        self.held_up += held_up

    def ended_bringing(self, worked: float) -> None:
        """All were sent and answered; the generator has worked for so many seconds."""
        self.busy = worked / max(1e-9, monotonic() - self.began)

    def hear(self, happened: str, need_id: str, at: float) -> None:
        """An event about a need, whoever's it is."""
        if happened != "ready":
            self._published.setdefault(need_id, at)
        elif need_id not in self._ready:
            self._ready[need_id] = at
            if need_id in self.accepted:
                self._note(need_id)

    def _note(self, need_id: str) -> None:
        self.waits.append(max(0.0, self._ready[need_id] - self._published.get(need_id, self._ready[need_id])))

    @property
    def ended(self) -> int:
        """How many of the needs that were taken in got all that they asked for."""
        return len(self.waits)

    @property
    def open(self) -> list[str]:
        """Those that have not."""
        return sorted(self.accepted - self._ready.keys())

    @property
    def rate(self) -> float:
        """Needs a second over the whole run."""
        seconds = self.last_accepted - self.began
        return len(self.accepted) / seconds if self.accepted and seconds > 0 else 0.0

    @property
    def rate_now(self) -> float:
        """Needs a second in the last WINDOW seconds; as far as RECENT reaches."""
        now = monotonic()
        recent = [at for at in self._recent if now - at < WINDOW]
        span = min(WINDOW, now - self.began) if len(recent) < RECENT else now - recent[0]
        return len(recent) / span if span > 0 else 0.0

    @property
    def held(self) -> bool:
        """Whether the needs were taken in at the rate that was asked for."""
        due = (self.asked - 1) / self.asked_rate
        return len(self.accepted) == self.asked and self.last_accepted - self.began <= due + PATIENCE

    @property
    def limit(self) -> Limit | None:
        """Who kept the rate from being held: who brings the load, or who answers it."""
        if self.held:
            return None
        own = self.busy >= ONE_CORE or self.late > max(PATIENCE, 2 * self.held_up)
        return "generator" if own else "answers"

    @property
    def well(self) -> bool:
        """Whether every need was taken in, at the rate, and got what it asked for."""
        return self.held and not self.open and not self.errors

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it; milliseconds."""
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
            "answer_ms": _spread(self.answer_seconds),
            "published_to_ready_ms": _spread(self.waits),
        }


def _spread(seconds: list[float]) -> dict[str, float | None]:
    found = {"p50": percentile(seconds, 0.5), "p99": percentile(seconds, 0.99), "max": max(seconds, default=None)}
    return {name: None if value is None else round(value * 1000, 1) for name, value in found.items()}
