"""The rules about referrals that a city may decide."""

from datetime import timedelta

from pydantic import Field

from services.stations.referrals.domain import Terms
from shared.contracts.stations.referrals import MOST_HOURS
from shared.engine import Policy


class ReferralsPolicy(Policy):
    """How long each side of a referral has for its step."""

    referral_idle_hours: int = Field(default=36, ge=1, le=MOST_HOURS)
    """Hours after which the level above takes over a referral or an enquiry that its receiver has not answered."""

    referral_report_days: int = Field(default=30, ge=1, le=365)
    """Days after the acceptance in which the receiver is to report the outcome."""

    @property
    def terms(self) -> Terms:
        """The periods of the steps."""
        return Terms(idle=timedelta(hours=self.referral_idle_hours), report=timedelta(days=self.referral_report_days))
