"""The timers of dispatch: the recheck of one staffing, and the patrol."""

from datetime import datetime
from typing import ClassVar

from services.volunteering.dispatch.domain.recheck import AT_ONCE
from shared.contracts.messages import Timer
from shared.engine import UnitOfWork


class StaffingDue(Timer):
    """Recheck a staffing: an offer may have expired, a waiting need may find someone now."""

    type: ClassVar[str] = "volunteering.staffing_due"
    need_id: str


class PatrolDue(Timer):
    """Look for staffings that are due without a timer of their own."""

    type: ClassVar[str] = "volunteering.patrol_due"


def schedule_recheck(work: UnitOfWork, need_id: str, at: datetime) -> None:
    """Set the staffing's one timer; it replaces an earlier one."""
    work.remind(f"staffing:{need_id}", at, StaffingDue(need_id=need_id))


def recheck_soon(work: UnitOfWork, need_id: str, nth: int = 0) -> None:
    """Recheck the staffing as soon as possible, `nth` milliseconds after the first of several."""
    schedule_recheck(work, need_id, work.now + (nth + 1) * AT_ONCE)
