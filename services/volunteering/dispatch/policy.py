"""The rules of dispatch that a city may decide."""

from datetime import timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from pydantic import Field

from services.volunteering.dispatch.domain.quiet_hours import QuietHours
from services.volunteering.matching.policy import ClockTime, minutes_of
from shared.engine import Policy


class DispatchPolicy(Policy):
    """The settings of dispatch; the durations are cached, because they are read for every need."""

    offer_seconds: int = Field(default=1800, ge=1, le=7 * 24 * 3600)
    """How long an offer stands at least."""
    offer_lead_percent: int = Field(default=10, ge=0, le=50)
    """The share of the time until the slot for which an offer stands, between the least and the most."""
    offer_longest_seconds: int = Field(default=24 * 3600, ge=1, le=7 * 24 * 3600)
    """How long an offer stands at most."""
    quiet_from: ClockTime = "21:30"
    """The beginning of the quiet hours, in the city's time. Equal to `quiet_until` there are none."""
    quiet_until: ClockTime = "07:30"
    """The end of the quiet hours, in the city's time."""
    urgent_at_night: bool = True
    """Whether needs of the highest urgency ask in the quiet hours, and their time to answer runs then."""
    most_asks: int = Field(default=3, ge=1, le=20)
    """How often one person who does not answer is asked for the same need."""
    standing_grace_seconds: int = Field(default=2 * 3600, ge=0, le=7 * 24 * 3600)
    """How long a booking made unasked may be given back without effect on reliability, the quiet hours not counted."""
    wave_factor: int = Field(default=2, ge=1, le=10)
    """Offers that go out for each person still missing, from `wave_lead_hours` before the slot on."""
    wave_lead_hours: int = Field(default=24, ge=0, le=365 * 24)
    """Hours before the slot from which there is a hurry; before, one offer goes out for each person still missing."""
    check_in_early_minutes: int = Field(default=60, ge=0, le=24 * 60)
    """How long before the slot a volunteer may check in."""
    statement_days: int = Field(default=3, ge=1, le=30)
    """The days within which the station states the time of somebody who did not check out, and between reminders."""
    recheck_seconds: int = Field(default=300, ge=1, le=24 * 3600)
    """The first interval after which a waiting need is searched for again, and the interval of the patrol."""

    @cached_property
    def offer_duration(self) -> timedelta:
        """`offer_seconds` as a duration."""
        return timedelta(seconds=self.offer_seconds)

    @cached_property
    def longest_offer(self) -> timedelta:
        """`offer_longest_seconds` as a duration."""
        return timedelta(seconds=self.offer_longest_seconds)

    @cached_property
    def standing_grace(self) -> timedelta:
        """`standing_grace_seconds` as a duration."""
        return timedelta(seconds=self.standing_grace_seconds)

    @cached_property
    def wave_lead(self) -> timedelta:
        """`wave_lead_hours` as a duration."""
        return timedelta(hours=self.wave_lead_hours)

    def offers_each(self, lead: timedelta) -> int:
        """Return how many people are asked for each one still missing, `lead` before the slot.

        Where there is time for other waves, nobody is asked for a place that another is likely to take, because the
        number of asks in a week is bounded.
        """
        return self.wave_factor if lead <= self.wave_lead else 1

    def quiet_hours(self, zone: ZoneInfo) -> QuietHours:
        """Return the quiet hours of a city in that time zone."""
        return QuietHours(minutes_of(self.quiet_from), minutes_of(self.quiet_until), zone)

    @cached_property
    def check_in_early(self) -> timedelta:
        """`check_in_early_minutes` as a duration."""
        return timedelta(minutes=self.check_in_early_minutes)

    @cached_property
    def statement_time(self) -> timedelta:
        """`statement_days` as a duration."""
        return timedelta(days=self.statement_days)

    @cached_property
    def recheck_interval(self) -> timedelta:
        """`recheck_seconds` as a duration."""
        return timedelta(seconds=self.recheck_seconds)
