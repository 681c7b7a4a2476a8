"""The rules of dispatch that a city may decide."""

from datetime import timedelta
from functools import cached_property

from pydantic import Field

from shared.engine import Policy


class DispatchPolicy(Policy):
    """The settings of dispatch; the durations are cached, because they are read for every need."""

    offer_seconds: int = Field(default=1800, ge=1, le=7 * 24 * 3600)
    """How long an offer stands."""
    wave_factor: int = Field(default=2, ge=1, le=10)
    """Offers that go out for each person still missing."""
    check_in_early_minutes: int = Field(default=60, ge=0, le=24 * 60)
    """How long before the slot a volunteer may check in."""
    recheck_seconds: int = Field(default=300, ge=1, le=24 * 3600)
    """The first interval after which a waiting need is searched for again, and the interval of the patrol."""

    @cached_property
    def offer_duration(self) -> timedelta:
        """`offer_seconds` as a duration."""
        return timedelta(seconds=self.offer_seconds)

    @cached_property
    def check_in_early(self) -> timedelta:
        """`check_in_early_minutes` as a duration."""
        return timedelta(minutes=self.check_in_early_minutes)

    @cached_property
    def recheck_interval(self) -> timedelta:
        """`recheck_seconds` as a duration."""
        return timedelta(seconds=self.recheck_seconds)
