"""The order in which needs that wait are served from supply: by priority band, then nearness, then time. Pure."""

from datetime import datetime
from typing import Protocol

from shared.contracts.areas import rings_between
from shared.contracts.priority_bands import find_band


class Waiting(Protocol):
    """A need that waits, or those of its fields that decide the order."""

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


def band_at(need: Waiting, now: datetime) -> int:
    """Return the band of the need at that instant of city time, 0 to TOP_BAND."""
    return find_band(need.priority, need.waiting_since, now)


def rank_for(need: Waiting, area: str, now: datetime) -> tuple[int, int, datetime, str]:
    """Return the sort key of the need for supply in `area` at that instant of city time."""
    return -band_at(need, now), rings_between(area, need.area), need.waiting_since, need.id
