"""The rules of matching that a city may decide."""

from datetime import datetime
from functools import cached_property
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints

from services.volunteering.matching.domain.asks import AskLimits, week_of
from services.volunteering.matching.domain.standing import StandingBounds
from shared.engine import Policy
from shared.runtime.settings import CityZone

ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""A time of day, `HH:MM`."""
EndTime = Annotated[str, StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
"""A time of day at which something ends, `HH:MM` up to 24:00."""
RISKY: Final = (
    "emergency_relief", "disaster_response", "epidemic_response", "drug_rehabilitation", "correction",
    "community_correction", "released_prisoners", "violence_victims",
)  # fmt: skip
"""Themes and groups whose risks are told before one agrees (Regulations on Volunteer Service 2017, art. 15)."""


def minutes_of(clock: str) -> int:
    """Return a time of day `HH:MM` as minutes since midnight."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


class MatchingPolicy(Policy):
    """The settings of matching."""

    max_open_offers: int = Field(default=5, ge=1, le=50)
    """Unanswered offers that one volunteer gets at most."""
    weekly_asks: int = Field(default=3, ge=1, le=100)
    """Offers that one volunteer gets in a week at most, from Monday; those answered, lapsed or taken back count."""
    standing_day_hours: int = Field(default=6, ge=1, le=24)
    """Hours a day up to which standing acceptance confirms a volunteer unasked."""
    standing_week_hours: int = Field(default=20, ge=1, le=168)
    """Hours a week, from Monday, up to which standing acceptance confirms a volunteer unasked."""
    standing_from: ClockTime = "07:00"
    """The time of day from which standing acceptance counts."""
    standing_until: EndTime = "21:00"
    """The time of day until which standing acceptance counts: a slot that ends later is offered."""
    minors_from: ClockTime = "08:00"
    """The time of day from which minors are asked."""
    minors_until: EndTime = "20:00"
    """The time of day until which a slot for which minors are asked ends."""
    always_asked: str = Field(default=",".join(RISKY), pattern=r"^([a-z0-9_]+(,[a-z0-9_]+)*)?$", max_length=2_000)
    """The themes and beneficiary groups, by code, for whose needs everybody is asked."""
    travel_kilometres_an_hour: int = Field(default=15, ge=1, le=200)
    """The speed, as the crow flies, that a volunteer is credited with between two services."""
    travel_free_metres: int = Field(default=1_000, ge=0, le=30_000)
    """Up to so far apart two services may touch."""
    city_time_zone: CityZone = "Asia/Shanghai"
    """The time zone of China in which volunteers give their availability, by its name in the IANA register."""

    @cached_property
    def asked_always(self) -> frozenset[str]:
        """`always_asked` as a set of codes."""
        return frozenset(filter(None, self.always_asked.split(",")))

    @cached_property
    def standing_bounds(self) -> StandingBounds:
        """The bounds within which standing acceptance confirms unasked."""
        return StandingBounds(
            day_minutes=self.standing_day_hours * 60,
            week_minutes=self.standing_week_hours * 60,
            opens=minutes_of(self.standing_from),
            closes=minutes_of(self.standing_until),
            minors_open=minutes_of(self.minors_from),
            minors_close=minutes_of(self.minors_until),
            metres_an_hour=self.travel_kilometres_an_hour * 1_000,
            free_metres=self.travel_free_metres,
        )

    def ask_limits(self, now: datetime, *, urgent: bool) -> AskLimits:
        """Return the bounds of asking one volunteer, with the week in which `now` lies in the city.

        The last offer of the week is kept for `urgent` needs, unless it is the only one.
        """
        weekly = self.weekly_asks if urgent else max(1, self.weekly_asks - 1)
        return AskLimits(self.max_open_offers, weekly, week_of(now, self.city_zone))

    @cached_property
    def city_zone(self) -> ZoneInfo:
        """The city's time zone. Cached: it is read for every need."""
        return ZoneInfo(self.city_time_zone)
