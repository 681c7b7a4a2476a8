"""Priority bands (优先级档): how urgent a waiting need is, by its triage score and by how long it has waited. Pure.

Charity and volunteering decide by the same bands, at every decision. Without the bands the points of triage would
decide nearly always; without their rise a need with few points would wait as long as others keep coming.
"""

from datetime import datetime, timedelta
from typing import Final

POINTS_A_BAND: Final = 20
"""Needs within so many points of triage are equally urgent: of these the nearest is served first."""
RISES_EVERY: Final = timedelta(hours=6)
"""A need rises a band each time that it has waited so long since its registration, by city time."""
MOST_POINTS: Final = 100
TOP_BAND: Final = 5
BANDS: Final = range(TOP_BAND + 1)


def find_first_band(score: int) -> int:
    """Return the band of a need at its registration, 0 to TOP_BAND; the highest is the most urgent."""
    return min(TOP_BAND, max(0, score) // POINTS_A_BAND)


def scores_of(band: int) -> range:
    """Return the scores of triage, of 0 to 100, with which a need is registered in that band."""
    return range(band * POINTS_A_BAND, min(MOST_POINTS + 1, (band + 1) * POINTS_A_BAND))


def find_band(score: int, since: datetime, now: datetime) -> int:
    """Return the band, 0 to TOP_BAND, at an instant of city time of a need that has waited since its registration."""
    risen = max(timedelta(), now - since) // RISES_EVERY
    return min(TOP_BAND, find_first_band(score) + risen)
