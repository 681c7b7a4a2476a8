"""The rules of the time bank that a city may decide."""

from pydantic import Field

from shared.engine import Policy


class TimebankPolicy(Policy):
    """The settings of the time bank."""

    entry_cap_minutes: int = Field(default=480, ge=1, le=24 * 60)
    """The most minutes that one dispatch credits."""
    begun_minutes_count: bool = True
    """Whether a begun minute counts as a whole one; otherwise it is dropped. Cities round as they see fit."""
