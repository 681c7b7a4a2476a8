"""Shrinking: from a failing city to the fewest actions and strikes with which the same law still breaks.

Delta debugging (Zeller and Hildebrandt, 2002): halves, then quarters, and so on are left out while the failure stays.
"""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final, TypeVar

from tests.city.play import Plan, Played, play

T = TypeVar("T")
MOST_SECONDS: Final = 20.0
"""How long one failure may be shrunk."""
MOST_STRIKES_SHOWN: Final = 12


def shrink(failed: Played, seconds: float = MOST_SECONDS) -> Played:
    """Return the smallest city found within the time that breaks one of the same laws."""
    until, laws = monotonic() + seconds, failed.laws
    best = failed

    def fails(plan: Plan) -> bool:
        nonlocal best
        again = play(plan)
        if laws.isdisjoint(again.laws):
            return False
        best = again
        return True

    strikes = list(failed.world.adversary.struck)
    if not fails(failed.plan.part(failed.actions, strikes)):
        return failed
    strikes = minimize(strikes, lambda part: fails(failed.plan.part(failed.actions, part)), until)
    actions = minimize(failed.actions, lambda part: fails(failed.plan.part(part, strikes)), until)
    minimize(strikes, lambda part: fails(failed.plan.part(actions, part)), until)
    return best


def minimize(items: Sequence[T], fails: Callable[[list[T]], bool], until: float) -> list[T]:
    """Return a part of the items with which `fails` still holds; it holds for all of them."""
    left, size = list(items), max(1, len(items) // 2)
    while left and monotonic() < until:
        start = 0
        while start < len(left) and monotonic() < until:
            without = left[:start] + left[start + size :]
            if fails(without):
                left = without
            else:
                start += size
        if size == 1:
            break
        size = max(1, size // 2)
    return left


def describe(failed: Played, small: Played) -> str:
    """Return the failure in words: the command that plays it again, the breaches, the smallest schedule found."""
    lines = [
        f"city {failed.plan.seed} breaks {', '.join(sorted(failed.laws))}: make city CITIES=1 SEED={failed.plan.seed}"
    ]
    lines += [f"  {words}" for words in failed.broken[:5]]
    strikes = small.world.adversary.struck
    lines.append(
        f"  still broken with {len(small.actions)} of {len(failed.actions)} actions and {len(strikes)} strikes:"
    )
    lines += [f"    {action.at / 60_000:7.1f} min  {action.kind} ({action.number})" for action in small.actions]
    lines += [f"    {strike}" for strike in strikes[:MOST_STRIKES_SHOWN]]
    return "\n".join(lines)
