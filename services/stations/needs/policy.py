"""The rules about needs that a city may decide."""

from datetime import timedelta

from pydantic import Field

from services.stations.needs.domain.assessment import AssessmentTerms
from services.stations.needs.domain.deadline import Periods
from shared.contracts.need_parts import Urgency
from shared.engine import Policy


class NeedsPolicy(Policy):
    """How needs are followed."""

    need_grace_minutes: int = Field(default=30, ge=1, le=7 * 24 * 60)
    """Minutes that a need which falls back after its due time has to recover before it counts as unmet."""

    need_undo_days: int = Field(default=7, ge=1, le=90)
    """Days after a confirmation in which it can be undone."""

    need_restate_hours: int = Field(default=24, ge=1, le=30 * 24)
    """Hours after the undoing of a confirmation, in which the delivery of a need that is due can be stated again."""

    need_extension_days: int = Field(default=30, ge=1, le=365)
    """The most days by which one extension puts off the due time, or now where that has passed."""

    need_reopen_days: int = Field(default=30, ge=1, le=90)
    """Days after the end of an unmet or cancelled need in which it can be reopened."""

    need_draft_hours: int = Field(default=72, ge=1, le=90 * 24)
    """Hours after its registration in which a draft is to be published; at most until its due time."""

    need_confirm_hours: int = Field(default=72, ge=1, le=90 * 24)
    """Hours after the service in which it is to be confirmed; without volunteers, after the due time."""

    need_escalate_hours: int = Field(default=24, ge=1, le=30 * 24)
    """Hours that the station has after its reminder, and then its street centre, before the next level is reminded."""

    need_remind_days: int = Field(default=7, ge=1, le=90)
    """Days after which the district is reminded again of a need for which nobody has acted."""

    need_confirmed_by_another: bool = False
    """Whether the actor who published a need may not confirm it, too. A key acts for its principal as one actor."""

    need_assess_urgency: Urgency = "high"
    """The lowest urgency with which a need is to be assessed."""

    need_assess_hours: int = Field(default=24, ge=1, le=30 * 24)
    """Hours after its registration in which an urgent need is to be assessed, before or after it is published."""

    need_text_days: int = Field(default=365, ge=30, le=3650)
    """Days after the end of a need for which the words about people are kept (PIPL, art. 19)."""

    @property
    def periods(self) -> Periods:
        """The periods of the deadlines and of their escalation."""
        return Periods(
            draft=timedelta(hours=self.need_draft_hours),
            confirm=timedelta(hours=self.need_confirm_hours),
            escalate=timedelta(hours=self.need_escalate_hours),
            repeat=timedelta(days=self.need_remind_days),
        )

    @property
    def assessment_terms(self) -> AssessmentTerms:
        """The needs that are to be assessed, and by when; reminders follow the periods of every other step."""
        return AssessmentTerms(
            least=self.need_assess_urgency,
            within=timedelta(hours=self.need_assess_hours),
            escalate=timedelta(hours=self.need_escalate_hours),
            repeat=timedelta(days=self.need_remind_days),
        )

    @property
    def longest_extension(self) -> timedelta:
        """`need_extension_days` as a span of time."""
        return timedelta(days=self.need_extension_days)

    @property
    def undo_period(self) -> timedelta:
        """`need_undo_days` as a span of time."""
        return timedelta(days=self.need_undo_days)

    @property
    def reopen_period(self) -> timedelta:
        """`need_reopen_days` as a span of time."""
        return timedelta(days=self.need_reopen_days)

    @property
    def restate_time(self) -> timedelta:
        """`need_restate_hours` as a span of time."""
        return timedelta(hours=self.need_restate_hours)

    @property
    def reopened_grace(self) -> timedelta:
        """`need_grace_minutes` as a span of time."""
        return timedelta(minutes=self.need_grace_minutes)
