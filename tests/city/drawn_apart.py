"""Actions that are drawn apart from the others of a town: those of a seed do not depend on them.

Each is an instant in milliseconds, a kind, and the number that it draws from.
"""

from collections.abc import Iterator
from random import Random
from typing import Final

HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000
Drawn = tuple[int, str, int]


def draw_merges(seed: int) -> Iterator[Drawn]:
    """Yield merges of people and their undoing."""
    chance = Random(f"merges of {seed}")
    several = ("merge", "merge", "unmerge", "merge_donors", "merge", "unmerge", "unmerge_donors")
    kinds = several[: chance.choice((0, 3, 7))]
    instants = sorted(chance.randrange(10 * MINUTE_MS, 4 * HOUR_MS) for _ in kinds)
    yield from ((at, kind, chance.getrandbits(32)) for at, kind in zip(instants, kinds, strict=True))


def draw_erasures(seed: int) -> Iterator[Drawn]:
    """Yield erasures of people."""
    chance = Random(f"erasures of {seed}")
    instants = sorted(chance.randrange(HOUR_MS, 8 * HOUR_MS) for _ in range(chance.randint(0, 3)))
    yield from ((at, "erase", chance.getrandbits(32)) for at in instants)
