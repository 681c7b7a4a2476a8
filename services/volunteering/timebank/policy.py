"""The rules of the time bank that a city may decide."""

from datetime import timedelta
from functools import cached_property

from pydantic import Field

from shared.engine import Policy


class TimebankPolicy(Policy):
    """The settings of the time bank."""

    entry_cap_minutes: int = Field(default=480, ge=1, le=24 * 60)
    """The most minutes that one dispatch credits."""
    begun_minutes_count: bool = True
    """Whether a begun minute counts as a whole one; otherwise it is dropped. Cities round as they see fit."""
    credit_grace_minutes: int = Field(default=10, ge=0, le=120)
    """How long after the end of its slot a service still counts. Nothing counts before the slot begins."""
    hours_adjust_days: int = Field(default=30, ge=1, le=366)
    """The days after its credit in which the minutes of a service can be adjusted."""

    @cached_property
    def adjust_period(self) -> timedelta:
        """`hours_adjust_days` as a duration."""
        return timedelta(days=self.hours_adjust_days)

    @cached_property
    def credit_grace(self) -> timedelta:
        """`credit_grace_minutes` as a duration."""
        return timedelta(minutes=self.credit_grace_minutes)
