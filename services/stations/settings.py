"""The settings of the service, for all its processes."""

from zoneinfo import ZoneInfo

from services.stations.needs.policy import NeedsPolicy
from shared.runtime.settings import ServiceSettings, TimeZone


class StationsSettings(ServiceSettings, NeedsPolicy):
    """The settings of every service, and the policy of needs."""


class WorkerSettings(StationsSettings):
    """The settings of the process that runs jobs."""

    city_time_zone: TimeZone = "Asia/Shanghai"
    """The zone in which the days and times of files are meant."""

    @property
    def city_zone(self) -> ZoneInfo:
        """The zone in which the days and times of files are meant."""
        return ZoneInfo(self.city_time_zone)
