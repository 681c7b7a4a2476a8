"""Distances between points of one city."""

from collections.abc import Sequence
from math import cos, hypot, radians
from typing import Final

METRES_A_DEGREE: Final = 111_195.0
"""Of latitude; within a city the flat approximation errs by less than a thousandth."""


def metres_between(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the metres between two (longitude, latitude) points, on the plane."""
    return hypot((other[0] - one[0]) * cos(radians(one[1])), other[1] - one[1]) * METRES_A_DEGREE
