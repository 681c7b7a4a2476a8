"""The rules about needs that a city may decide."""

from datetime import timedelta

from pydantic import Field

from shared.engine import Policy


class NeedsPolicy(Policy):
    """How needs are followed."""

    need_grace_minutes: int = Field(default=30, ge=1, le=7 * 24 * 60)
    """Minutes that a need which falls back after its due time has to recover before it counts as unmet."""

    need_confirmed_by_another: bool = False
    """Whether the actor who published a need may not confirm it, too. A key acts for its principal as one actor."""

    need_text_days: int = Field(default=365, ge=30, le=3650)
    """Days after the end of a need for which the words about people are kept (PIPL, art. 19)."""

    @property
    def reopened_grace(self) -> timedelta:
        """`need_grace_minutes` as a span of time."""
        return timedelta(minutes=self.need_grace_minutes)
