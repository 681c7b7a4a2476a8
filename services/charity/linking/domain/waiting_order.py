"""The order in which needs that wait are served from supply: by priority band, then nearness, then time. Pure.

Without the bands the points of triage would decide nearly always, and supply would cross the city for one point.
Without their rise a need with few points would wait as long as others keep coming.
"""

from datetime import datetime, timedelta
from typing import Final, Protocol

from shared.contracts.areas import rings_between


class Waiting(Protocol):
    """A need that waits, or as much of it as decides."""

    @property
    def id(self) -> str:
        """The need's id."""

    @property
    def area(self) -> str:
        """The area of the need."""

    @property
    def priority(self) -> int:
        """The points of triage, 0 to 100."""

    @property
    def waiting_since(self) -> datetime:
        """The instant of its registration (UTC): a need that lies as a draft waits, too."""


POINTS_A_BAND: Final = 20
"""Needs within so many points of triage are equally urgent: of these the nearest is served first."""
RISES_EVERY: Final = timedelta(hours=6)
"""A need rises a band each time that it has waited so long since its registration, by city time."""
TOP_BAND: Final = 5
BANDS: Final = range(TOP_BAND + 1)


def first_band(need: Waiting) -> int:
    """Return the band of the need at its registration, 0 to TOP_BAND; the highest is the most urgent."""
    return min(TOP_BAND, max(0, need.priority) // POINTS_A_BAND)


def band_at(need: Waiting, now: datetime) -> int:
    """Return the band of the need at that instant of city time, 0 to TOP_BAND."""
    risen = max(timedelta(), now - need.waiting_since) // RISES_EVERY
    return min(TOP_BAND, first_band(need) + risen)


def rank_for(need: Waiting, area: str, now: datetime) -> tuple[int, int, datetime, str]:
    """Return the sort key of the need for supply in `area` at that instant of city time."""
    return -band_at(need, now), rings_between(area, need.area), need.waiting_since, need.id
