"""The rules of linking that a city may decide."""

from datetime import datetime, timedelta
from typing import Final

from pydantic import Field

from shared.engine import Policy

_PART_OF_LEAD: Final = 4
"""A need that is due soon after its publication offers on within the last quarter of that time."""


class LinkingPolicy(Policy):
    """The policy of the waiting list."""

    recheck_minutes: int = Field(default=5, ge=1, le=24 * 60)
    """Minutes between two looks at a waiting list although no new supply for it is known."""

    @property
    def recheck(self) -> timedelta:
        """The time between two such looks."""
        return timedelta(minutes=self.recheck_minutes)

    offer_on_hours: int = Field(default=24, ge=1, le=30 * 24)
    """Hours before its due time from which a need holds no part of a line that it cannot use without the rest."""

    def holds_until(self, published: datetime, due: datetime) -> datetime:
        """Return the instant (UTC) from which a need holds no such part, early enough to help others.

        At the latest when a quarter of the time between publication and due time is left.
        """
        return due - min(timedelta(hours=self.offer_on_hours), (due - published) / _PART_OF_LEAD)

    restored_hours: int = Field(default=24, ge=1, le=30 * 24)
    """Hours for which a need keeps the parts of a delivery that its station took back, to state it again."""

    @property
    def restored_time(self) -> timedelta:
        """`restored_hours` as a span of time."""
        return timedelta(hours=self.restored_hours)
