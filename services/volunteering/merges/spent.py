"""The minutes of past service by which standing acceptance is bounded, joined by a merge and parted by its undoing.

A volunteer counts them by day once a slot is dropped; until then the slot itself is counted.
"""

from collections import Counter
from collections.abc import Collection, Iterable

from services.volunteering.matching.domain.volunteers import DAY_SECONDS, Hold, Volunteer

Spent = tuple[tuple[int, int], ...]
"""Minutes by UTC day since 1970."""


def add_spent(one: Spent, other: Spent) -> Spent:
    """Return the minutes of both, day by day."""
    return _stored(Counter(dict(one)) + Counter(dict(other)))


def subtract_spent(whole: Spent, part: Spent) -> Spent:
    """Return the minutes of the whole that are not those of the part; days of which it has fewer are left out."""
    return _stored(Counter(dict(whole)) - Counter(dict(part)))


def spent_by(holds: Iterable[Hold]) -> Spent:
    """Return the minutes of the slots by the day on which each begins."""
    minutes = Counter[int]()
    for hold in holds:
        minutes[hold.starts // DAY_SECONDS] += (hold.ends - hold.starts) // 60
    return _stored(minutes)


def find_over(holds: Iterable[Hold], at: int) -> list[Hold]:
    """Return the slots that had ended by an instant, in seconds since 1970: nothing can free the volunteer of them."""
    return [hold for hold in holds if hold.ends <= at]


def part_spent(survivor: Volunteer, merged: Volunteer, over: Collection[Hold]) -> tuple[Spent, Spent]:
    """Return the minutes of both after the undoing, the survivor's first.

    Those of the merged id hold all that was over before the merge; `over` are the slots of these that the survivor has
    not dropped since, so that they go back as slots.
    """
    own = subtract_spent(merged.spent, spent_by(over))
    return subtract_spent(survivor.spent, own), own


def _stored(minutes: Counter[int]) -> Spent:
    return tuple(sorted(minutes.items()))
