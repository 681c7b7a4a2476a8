"""The conclusion of a decision: store it, set its next recheck, announce it with one event."""

from services.volunteering.dispatch.domain.announcements import event_of, snapshot_of
from services.volunteering.dispatch.domain.decision import StaffingDecision
from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.dispatch.timers import schedule_recheck
from shared.engine import UnitOfWork


def conclude(work: UnitOfWork, decision: StaffingDecision) -> Staffing:
    """Store the decision, set the next recheck and emit the event; return the staffing as it is stored then."""
    before, after = decision.before, decision.close()
    kind = event_of(decision, after)
    if kind is None and before.version and after == before:
        return before
    after = work.put(after)
    # Waiting needs and offers are rechecked to the second; all else can wait for the patrol, so that the hot path
    # stores no timer for a staffed need.
    if after.watch_at is not None and (after.waiting_in or after.offered or decision.unfinished):
        schedule_recheck(work, after.id, after.watch_at)
    if kind is not None:
        work.emit(snapshot_of(kind, after, decision.changed.values()), about=after, area=after.area)
    return after
