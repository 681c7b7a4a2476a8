"""The settings of the service, for all its processes."""

from zoneinfo import ZoneInfo

from services.stations.needs.policy import NeedsPolicy
from services.stations.plans.policy import PlansPolicy
from services.stations.referrals.policy import ReferralsPolicy
from services.stations.residents.policy import ResidentsPolicy
from services.stations.screening.policy import ScreeningPolicy
from shared.runtime.settings import ServiceSettings


class StationsSettings(ServiceSettings, NeedsPolicy, ResidentsPolicy, PlansPolicy, ReferralsPolicy, ScreeningPolicy):
    """The settings of every service, and the policies of needs, residents, plans and referrals."""


class WorkerSettings(StationsSettings):
    """The settings of the process that runs jobs."""

    @property
    def city_zone(self) -> ZoneInfo:
        """The zone in which the days and times of files are meant."""
        return ZoneInfo(self.city_time_zone)
