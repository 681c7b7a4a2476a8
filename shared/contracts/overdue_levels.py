"""The levels that are reminded of an overdue step, one after another: the station, its street centre, the district."""

from typing import Final, Literal

from shared.contracts.areas import COMMUNITY_DIGITS, DISTRICT_DIGITS, STREET_DIGITS

OverdueLevel = Literal["station", "street", "district"]
"""Whose turn it is with an overdue step."""
LEVELS: Final[tuple[tuple[OverdueLevel, int], ...]] = (
    ("station", COMMUNITY_DIGITS),
    ("street", STREET_DIGITS),
    ("district", DISTRICT_DIGITS),
)
"""Whose turn it is, in this order, each with the digits of its area's code."""
LAST_LEVEL: Final = LEVELS[-1][0]
"""The level that is reminded again and again."""


def find_next_level(area: str, reminded: str | None, *, left: bool = False) -> tuple[OverdueLevel, str]:
    """Return the level to be reminded next of a thing of that area, and the area of the level.

    `reminded` is the level that was reminded last, None where none was; a level of a newer release is the last one.
    With `left`, nobody is there any more, because the station has ended: its own turn is passed over.
    """
    if reminded is None and left:
        reminded = LEVELS[0][0]
    level, digits = LEVELS[0] if reminded is None else _above(area, reminded)
    return level, area[:digits]


def _above(area: str, reminded: str) -> tuple[OverdueLevel, int]:
    # A thing kept by a street centre has no other street centre above it.
    levels: list[str] = [level for level, _ in LEVELS]
    passed = levels.index(reminded) if reminded in levels else len(levels)
    above = (one for one in LEVELS[passed + 1 :] if len(area) > one[1])
    return next(above, LEVELS[-1])
