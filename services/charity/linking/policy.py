"""The rules of linking that a city may decide."""

from datetime import timedelta

from pydantic import Field

from shared.engine import Policy


class LinkingPolicy(Policy):
    """The policy of the waiting list."""

    recheck_minutes: int = Field(default=5, ge=1, le=24 * 60)
    """Minutes between two looks at a waiting list although no new supply for it is known."""

    @property
    def recheck(self) -> timedelta:
        """The time between two such looks."""
        return timedelta(minutes=self.recheck_minutes)
