"""Histories of many days: few actions a day, so that the same volunteers serve and are freed again and again.

The remains of one day meet the next one: past slots, records of service, words whose time of keeping is over.
"""

from collections.abc import Iterator
from random import Random
from typing import Final

from tests.city.drawn_apart import HOUR_MS, MINUTE_MS

DAY_MS: Final = 24 * HOUR_MS
LENGTHS: Final = (2, 3, 5, 7, 14, 40)
"""Days that a history lasts; in the longest, some volunteers become inactive."""
_ACTS: Final = 50
"""Actions of a history, besides those that found its town; more where its days have fewer than FEWEST."""
_FEWEST: Final = 3
# (hour after nine o'clock at which the phase begins, its length in minutes, the kinds of action with their weights)
_PHASES: Final[tuple[tuple[float, int, dict[str, int]], ...]] = (
    (0.1, 110, {"need": 5, "donate": 1, "money": 1, "accept": 3, "check_in": 1, "confirm": 1}),
    (2.0, 180, {"need": 1, "accept": 1, "check_in": 7, "decline": 1, "cancel": 1, "publish": 1}),
    (5.0, 180, {"check_in": 2, "check_out": 5, "confirm": 3, "evaluate": 1, "cancel": 1}),
)  # fmt: skip


def draw_days(chance: Random, days: int) -> Iterator[tuple[int, str]]:
    """Yield the actions of so many days: the instant of each in milliseconds, and its kind."""
    together = sum(sum(weights.values()) for _, _, weights in _PHASES)
    a_day = max(_FEWEST, _ACTS // days)
    for day in range(days):
        for hour, minutes, weights in _PHASES:
            acts = round(a_day * sum(weights.values()) / together)
            for kind in chance.choices(list(weights), list(weights.values()), k=acts):
                begins = day * DAY_MS + round(hour * HOUR_MS)
                yield begins + chance.randrange(minutes * MINUTE_MS), kind
