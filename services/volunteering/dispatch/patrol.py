"""The keeping of the patrol: its one timer, started by the first message that finds it missing."""

from datetime import datetime, timedelta

from services.volunteering.dispatch.domain.patrol import PATROL, Patrol
from services.volunteering.dispatch.timers import PatrolDue
from shared.engine import UnitOfWork


def keep_patrol(work: UnitOfWork, interval: timedelta) -> None:
    """Start the patrol where there is none, or where it has been missing for two intervals.

    The message must have loaded `Get(Patrol, PATROL)`.
    """
    patrol = work.get(Patrol, PATROL)
    if patrol is None or patrol.next_at < work.now - 2 * interval:
        schedule_patrol(work, interval)


def schedule_patrol(work: UnitOfWork, after: timedelta, seen: tuple[datetime, str] | None = None) -> None:
    """Set the next patrol; it goes on behind the staffing `seen` last, or from the beginning."""
    next_at = work.now + after
    patrol = work.get(Patrol, PATROL) or Patrol(id=PATROL, next_at=next_at)
    work.put(patrol.model_copy(update={"next_at": next_at, "seen": seen}))
    work.remind(PATROL, next_at, PatrolDue())
