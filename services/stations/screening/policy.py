"""The rules of screening that a city may decide."""

from datetime import timedelta

from pydantic import Field

from shared.contracts.stations.indicators import RiskSeverity
from shared.engine import Policy


class ScreeningPolicy(Policy):
    """The clock of the response to an alert, by severity, and the severity from which a need is opened."""

    alert_critical_answer_minutes: int = Field(default=30, ge=1, le=24 * 60)
    """Minutes after the detection of a critical alert in which somebody reaches the person."""

    alert_high_answer_hours: int = Field(default=24, ge=1, le=30 * 24)
    """Hours after the detection of an alert of high risk in which somebody reaches the person."""

    alert_watch_answer_hours: int = Field(default=72, ge=1, le=90 * 24)
    """Hours after the detection of an alert to watch in which somebody reaches the person."""

    alert_critical_treat_hours: int = Field(default=24, ge=1, le=30 * 24)
    """Hours after the detection of a critical alert in which the person is treated."""

    alert_high_treat_days: int = Field(default=7, ge=1, le=90)
    """Days after the detection of an alert of high risk in which the person is treated."""

    alert_watch_treat_days: int = Field(default=30, ge=1, le=365)
    """Days after the detection of an alert to watch in which the person is treated."""

    screening_late_days: int = Field(default=14, ge=0, le=365)
    """Days after the end of a screening in which late results are recorded, as of a laboratory."""

    screening_result_days: int = Field(default=1_095, ge=30, le=20 * 366)
    """Days after which a result with its value is deleted (Personal Information Protection Law, art. 19)."""

    screening_lapsed_days: int = Field(default=30, ge=0, le=366)
    """Days after the end of the consent to be screened in which it is given again before the results are deleted. Until
    then they are stored alone (Personal Information Protection Law, art. 47).
    """

    alert_need_from: RiskSeverity = "high"
    """The severity from which an alert opens an urgent need by itself."""

    @property
    def late_time(self) -> timedelta:
        """Return the time after the end of a screening in which late results are recorded."""
        return timedelta(days=self.screening_late_days)

    @property
    def lapsed_time(self) -> timedelta:
        """Return the time after the end of a consent in which its results are stored and not used."""
        return timedelta(days=self.screening_lapsed_days)

    def answer_time(self, severity: str) -> timedelta:
        """Return the time in which the person is reached; that of a critical alert for a severity it does not know."""
        hours = {"high": self.alert_high_answer_hours, "watch": self.alert_watch_answer_hours}
        if severity in hours:
            return timedelta(hours=hours[severity])
        return timedelta(minutes=self.alert_critical_answer_minutes)

    def treat_time(self, severity: str) -> timedelta:
        """Return the time in which the person is treated, never shorter than that of the answer."""
        days = {"high": self.alert_high_treat_days, "watch": self.alert_watch_treat_days}
        period = (
            timedelta(days=days[severity]) if severity in days else timedelta(hours=self.alert_critical_treat_hours)
        )
        return max(period, self.answer_time(severity))
