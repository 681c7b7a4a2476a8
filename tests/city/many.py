"""Many cities on several processes."""

from collections.abc import Iterator
from multiprocessing import get_context
from typing import NamedTuple

from tests.city.play import Plan, play

PROCESSES = 2


class Figures(NamedTuple):
    """The figures of one city."""

    seed: int
    needs: int
    checked: int
    broken: list[str]


def play_seed(seed: int) -> Figures:
    """Play one city."""
    played = play(Plan(seed))
    return Figures(seed, played.needs, played.checked, played.broken)


def play_many(seeds: range) -> Iterator[Figures]:
    """Yield the figures of each city, in no order."""
    if len(seeds) < 2 * PROCESSES:
        yield from map(play_seed, seeds)
        return
    # Forked, so that the services are assembled once; no thread runs yet.
    with get_context("fork").Pool(PROCESSES) as pool:
        yield from pool.imap_unordered(play_seed, seeds, chunksize=4)
