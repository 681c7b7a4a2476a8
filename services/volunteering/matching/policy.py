"""The rules of matching that a city may decide."""

from functools import cached_property
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints

from shared.engine import Policy
from shared.runtime.settings import TimeZone

ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""A time of day, `HH:MM`."""


def minutes_of(clock: str) -> int:
    """Return a time of day `HH:MM` as minutes since midnight."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


class MatchingPolicy(Policy):
    """The settings of matching."""

    max_open_offers: int = Field(default=5, ge=1, le=50)
    """Unanswered offers that one volunteer gets at most."""
    city_time_zone: TimeZone = "Asia/Shanghai"
    """The time zone in which volunteers give their availability, by its name in the IANA register."""

    @cached_property
    def city_zone(self) -> ZoneInfo:
        """The city's time zone. Cached: it is read for every need."""
        return ZoneInfo(self.city_time_zone)
