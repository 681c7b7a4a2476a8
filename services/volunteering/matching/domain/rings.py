"""The rings (圈层) around a need: community, street, district, city, by the digits of the area codes."""

from functools import lru_cache
from typing import Final

from shared.contracts.areas import CITY_DIGITS, COMMUNITY_DIGITS, DISTRICT_DIGITS, PROVINCE_DIGITS, STREET_DIGITS
from shared.contracts.volunteering.dispatch import Ring

RINGS: Final[tuple[Ring, ...]] = ("community", "street", "district", "city")
_DIGITS: Final = (COMMUNITY_DIGITS, STREET_DIGITS, DISTRICT_DIGITS, CITY_DIGITS)
_RINGS_FOR: Final = {
    COMMUNITY_DIGITS: range(4),
    STREET_DIGITS: range(1, 4),
    DISTRICT_DIGITS: range(2, 4),
    CITY_DIGITS: range(3, 4),
    # No volunteer's area lies within a mere province code's ring, so that the city's search finds nobody.
    PROVINCE_DIGITS: range(3, 4),
}

Around = tuple[tuple[int, str], ...]
"""Each ring's index in RINGS and its area, the smallest first."""


# A service meets at most a few thousand communities, and `rank` asks once a need.
@lru_cache(maxsize=1024)
def areas_around(need_area: str) -> Around:
    """Return the rings that a need in this area has, the smallest first."""
    return tuple((ring, need_area[:digits]) for ring, digits in enumerate(_DIGITS) if len(need_area) >= digits)


def ring_of(volunteer_area: str, around: Around) -> int | None:
    """Return the index in RINGS of the smallest ring that holds the volunteer's area; None beyond the city."""
    for ring, area in around:
        if volunteer_area.startswith(area):
            return ring
    return None


def ring_area(need_area: str, ring: int) -> str:
    """Return the area that a ring of RINGS is, seen from the need."""
    return need_area[: _DIGITS[ring]]


def rings_for(need_area: str) -> range:
    """Return the rings that an area of this level of GB/T 10114-2003 has: a street centre's needs have no community.

    Raises KeyError for a code whose length no level has.
    """
    return _RINGS_FOR[len(need_area)]
