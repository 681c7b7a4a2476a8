"""`make city CITIES=2000 SEED=0`: play that many cities, plant every fault, check the known failures."""

import sys
from argparse import ArgumentParser
from time import monotonic
from typing import Any

from tests.city.known import KNOWN
from tests.city.many import PROCESSES, play_many
from tests.city.planted import FAULTS, search
from tests.city.play import Plan, play
from tests.city.shrink import describe, shrink
from tests.stories.in_memory import InMemory
from tests.stories.told import fill_after_three_silent_waves

SHOWN = 5
"""Failures that are shrunk and shown."""
LARGE = (100, 300)
"""People whom the large needs ask for."""


def main(arguments: list[str]) -> int:
    """Play the cities and print the figures; return 1 where a city breaks a law."""
    parser = ArgumentParser(prog="make city")
    parser.add_argument("--cities", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    started = monotonic()
    needs = laws = cities = 0
    failed: list[Any] = []
    seeds = range(asked.seed, asked.seed + asked.cities)
    for seed, found, checked, broken in play_many(seeds):
        cities, needs, laws = cities + 1, needs + found, laws + checked
        failed += [seed] if broken else []
    seconds = monotonic() - started
    for seed in failed[:SHOWN]:
        again = play(Plan(seed))
        print(describe(again, shrink(again)))
    rate = needs * 3600 / max(seconds, 0.001)
    print(f"{cities} cities, {needs} needs, {laws} laws checked, {len(failed)} failures in {seconds:.0f} s")
    print(f"{rate:,.0f} needs an hour on {min(PROCESSES, asked.cities)} processes")
    return 1 if failed + plant_all() + check_known() + fill_large_needs() else 0


def plant_all() -> list[str]:
    """Plant every fault and print the seconds until it is found; return the names of those that are not."""
    missed = []
    for fault in FAULTS:
        found = search(fault)
        words = "NOT FOUND" if found.played is None else found.played.broken[0][:90]
        print(f"planted: {fault.name:40} {found.seconds:6.1f} s  {words}")
        missed += [fault.name] if found.played is None else []
    return missed


def fill_large_needs() -> list[str]:
    """Play needs for very many people, whom nobody answers for three waves; return the sizes that fail."""
    failed = []
    for people in LARGE:
        started = monotonic()
        try:
            fill_after_three_silent_waves(InMemory(), people)
        except AssertionError as error:
            failed.append(f"{people} people: {error}")
        words = failed[-1] if failed and failed[-1].startswith(f"{people} ") else "filled"
        print(f"large: a need for {people:4} people {monotonic() - started:6.1f} s  {words}")
    return failed


def check_known() -> list[str]:
    """Play every known failure and print it; return the names of those that have gone."""
    gone = []
    for known in KNOWN:
        played = known.play()
        words = known.reason if known.still_fails(played) else "GONE: remove it from tests/city/known.py"
        print(f"known: {known.name:30} seed {known.plan.seed}  {words}")
        gone += [] if known.still_fails(played) else [known.name]
    return gone


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
