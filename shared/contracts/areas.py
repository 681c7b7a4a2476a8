"""National administrative codes: province 2, city 4, district 6, street 9, community 12 digits (GB/T 10114-2003)."""

from typing import Annotated, Final

from pydantic import StringConstraints

PROVINCE_DIGITS: Final = 2
CITY_DIGITS: Final = 4
DISTRICT_DIGITS: Final = 6
STREET_DIGITS: Final = 9
COMMUNITY_DIGITS: Final = 12
LEVELS: Final = {
    PROVINCE_DIGITS: "province",
    CITY_DIGITS: "city",
    DISTRICT_DIGITS: "district",
    STREET_DIGITS: "street",
    COMMUNITY_DIGITS: "community",
}
_CUTS: Final = tuple(LEVELS)

AreaCode = Annotated[str, StringConstraints(pattern=r"^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$")]
"""An administrative code of any of the five levels."""


def is_area_code(code: str) -> bool:
    """Whether `code` has the digits and the length of one of the five levels."""
    return len(code) in LEVELS and code.isascii() and code.isdigit()


def level_of(code: str) -> str:
    """The level's English name. Raises KeyError for a length that no level has."""
    return LEVELS[len(code)]


def city_of(code: str) -> str:
    """Return the city's code, 4 digits; a province's own code, 2 digits, where that is all there is."""
    return code[:CITY_DIGITS]


def area_segments(code: str) -> list[str]:
    """`110102009017` as `["11", "01", "02", "009", "017"]`: the tail of a routing key."""
    return [code[start:end] for start, end in zip((0, *_CUTS), _CUTS, strict=False) if end <= len(code)]


def ancestors(code: str) -> list[str]:
    """The code itself and every area that contains it, nearest first."""
    return [code[:cut] for cut in reversed(_CUTS) if cut <= len(code)]
