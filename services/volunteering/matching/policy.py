"""The rules of matching that a city may decide."""

from functools import cached_property
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from shared.engine import Policy


def _require_known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("must be a time zone of the IANA register, like Asia/Shanghai") from None
    return name


class MatchingPolicy(Policy):
    """The settings of matching."""

    max_open_offers: int = Field(default=5, ge=1, le=50)
    """Unanswered offers that one volunteer gets at most."""
    city_time_zone: Annotated[str, AfterValidator(_require_known_zone)] = "Asia/Shanghai"
    """The time zone in which volunteers give their availability, by its name in the IANA register."""

    @cached_property
    def city_zone(self) -> ZoneInfo:
        """The city's time zone. Cached: it is read for every need."""
        return ZoneInfo(self.city_time_zone)
