"""The settings of the service, for all its processes."""

from zoneinfo import ZoneInfo

from services.stations.needs.policy import NeedsPolicy
from services.stations.plans.policy import PlansPolicy
from services.stations.residents.policy import ResidentsPolicy
from shared.runtime.settings import ServiceSettings


class StationsSettings(ServiceSettings, NeedsPolicy, ResidentsPolicy, PlansPolicy):
    """The settings of every service, and the policies of needs, residents and plans."""


class WorkerSettings(StationsSettings):
    """The settings of the process that runs jobs."""

    @property
    def city_zone(self) -> ZoneInfo:
        """The zone in which the days and times of files are meant."""
        return ZoneInfo(self.city_time_zone)
