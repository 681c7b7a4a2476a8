"""The rules about care plans that a city may decide."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from pydantic import Field

from shared.engine import Policy
from shared.runtime.settings import CityZone


class PlansPolicy(Policy):
    """How the visits of plans are made."""

    plan_horizon_days: int = Field(default=14, ge=1, le=31)
    """Days before a visit of a care plan at which its need is made and published."""

    city_time_zone: CityZone = "Asia/Shanghai"
    """The time zone of China for the days and times of care plans, by its name in the IANA register."""

    @property
    def horizon(self) -> timedelta:
        """`plan_horizon_days` as a span of time."""
        return timedelta(days=self.plan_horizon_days)

    @property
    def zone(self) -> ZoneInfo:
        """`city_time_zone` as a zone."""
        return ZoneInfo(self.city_time_zone)
