"""The adversary: decides from the seed alone which message is late, repeated or lost, and which process dies where.

Each decision is drawn from the seed and the name of its place, never from a running generator: leaving out one action
or one strike leaves all other decisions as they were, so that a failing schedule can be shrunk.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from random import Random
from typing import Final
from zlib import crc32

MOST_STRIKES: Final = 60
"""Crashes, repetitions and the like in one city: every city comes to rest."""
_MIX: Final = 0x9E3779B1
_WORD: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class Trouble:
    """The rates of each kind of trouble, as probabilities of each occasion; bounds in milliseconds."""

    replicas: int = 1
    batch: int = 20
    skew: int = 0
    late: float = 0.0
    late_ms: int = 0
    repeat: float = 0.0
    lost_ack: float = 0.0
    pause: float = 0.0
    crash: float = 0.0
    unknown: float = 0.0
    refuse: float = 0.0
    cut: float = 0.0
    stumble: float = 0.0
    failover: float = 0.0
    away: float = 0.0
    """Of a service, all of its replicas, for minutes."""
    holds: int = 0
    """Messages that an events queue holds, before it drops its oldest; 0: any number."""
    suspend: float = 0.0
    """Of a replica with a lease: for longer than the lease lasts."""

    @property
    def none(self) -> bool:
        """Whether nothing ever goes wrong."""
        return self == replace(CALM, replicas=self.replicas, batch=self.batch)


CALM: Final = Trouble()
ROUGH: Final = Trouble(
    replicas=2, batch=8, skew=1500, late=0.3, late_ms=20_000, repeat=0.05, lost_ack=0.03, pause=0.03, crash=0.003,
    unknown=0.01, refuse=0.01, cut=0.01, stumble=0.01, suspend=0.01,
)  # fmt: skip


def trouble_for(seed: int) -> Trouble:
    """Return the trouble of a city: every third is calm, the others have each kind with a rate of their own."""
    chance = Random(seed ^ 0x5EED)
    if seed % 3 == 0:
        return replace(CALM, replicas=chance.choice((1, 2)), batch=chance.choice((1, 5, 20)))
    rates = {
        name: getattr(ROUGH, name) * chance.choice((0, 0.5, 1, 3))
        for name in ("late", "repeat", "lost_ack", "pause", "crash", "unknown", "refuse", "cut", "stumble")
    }
    return replace(
        ROUGH, replicas=chance.choice((1, 2, 2)), batch=chance.choice((1, 3, 8, 20)),
        skew=chance.choice((0, 300, 1500)), late_ms=chance.choice((50, 2_000, 20_000)),
        failover=chance.choice((0, 0, 0.02)), **rates,
        suspend=ROUGH.suspend * chance.choice((0, 1, 3)),
    )  # fmt: skip


class Adversary:
    """Draws every decision of one city. `allowed`, where given, names the only strikes that may happen."""

    def __init__(self, seed: int, trouble: Trouble, allowed: AbstractSet[str] | None = None) -> None:
        self.trouble = trouble
        self.calm = trouble.none
        self.struck: list[str] = []
        self._start = (seed * _MIX + 1) % _WORD
        self._allowed = allowed
        self._asked: dict[str, int] = {}
        self._severe = 0

    def draw(self, place: str) -> int:
        """Return 32 bits that depend on the seed and the place alone."""
        mixed = crc32(place.encode(), self._start) * _MIX
        return (mixed ^ (mixed >> 15)) * 0x85EBCA6B % _WORD

    def share(self, place: str) -> float:
        """Return a number from 0 to below 1 that depends on the seed and the place alone."""
        return self.draw(place) / _WORD

    def strikes(self, kind: str, place: str, rate: float) -> bool:
        """Return whether this kind of trouble happens at the place; the same place asked again is another place."""
        if rate <= 0:
            return False
        name = f"{kind} {place}"
        nth = self._asked[name] = self._asked.get(name, 0) + 1
        return self.share(f"{name} {nth}") < rate and self.allow(f"{name} {nth}")

    def allow(self, strike: str) -> bool:
        """Record a strike that has been drawn; return False where it must not happen."""
        if self._allowed is not None and strike not in self._allowed:
            return False
        if not strike.startswith(("late", "pause")):  # neither makes anything happen again
            self._severe += 1
            if self._severe > MOST_STRIKES:
                return False
        self.struck.append(strike)
        return True
