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
_RINGS: Final = (COMMUNITY_DIGITS, STREET_DIGITS, DISTRICT_DIGITS, CITY_DIGITS)

AREA_PATTERN: Final = r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$"
AreaCode = Annotated[str, StringConstraints(pattern=AREA_PATTERN)]
"""An administrative code of any of the five levels, in ASCII digits: `\\d` would take those of any script."""


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


def ancestor_at(code: str, digits: int) -> str | None:
    """Return the area of the level with so many digits that contains the area; None where the area itself is wider."""
    return code[:digits] if len(code) >= digits else None


def lies_in_city(code: str) -> bool:
    """Return whether the area is a city or a part of one; a province is neither."""
    return len(code) >= CITY_DIGITS


def rings_between(code: str, other: str) -> int:
    """Return the ring around the area `code` in which `other` lies.

    0 for the same community, 1 for the same street, 2 for the same district, 3 for the same city, 4 beyond it.
    """
    for ring, digits in enumerate(_RINGS):
        # A street has no community ring of its own: its communities lie in its street ring.
        if len(code) >= digits and other.startswith(code[:digits]):
            return ring
    return len(_RINGS)
