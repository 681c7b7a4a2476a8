"""The staffings that a merge or its undoing changes: dispatches change hands, or are taken back and filled again."""

from collections.abc import Iterable

from services.volunteering.dispatch.conclusion import conclude
from services.volunteering.dispatch.domain.decision import StaffingDecision
from services.volunteering.dispatch.domain.explanation import explain_waiting
from services.volunteering.dispatch.domain.staffing import Staffing, need_of
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.timers import recheck_soon
from shared.contracts.volunteering.merges import MergedDispatch
from shared.engine import UnitOfWork


def change_staffings(
    work: UnitOfWork, changes: Iterable[MergedDispatch], new_owner: str, policy: DispatchPolicy
) -> None:
    """Carry out the changes, one decision and one event a need; needs that lose somebody are searched for at once."""
    by_need: dict[str, list[MergedDispatch]] = {}
    for change in changes:
        by_need.setdefault(need_of(change.dispatch_id) or "", []).append(change)
    for nth, (need_id, parts) in enumerate(sorted(by_need.items())):
        if _change_staffing(work, work.require(Staffing, need_id, "volunteer_id"), parts, new_owner, policy):
            # One millisecond apart, so that the timers fire in this order.
            recheck_soon(work, need_id, nth)


def _change_staffing(
    work: UnitOfWork, staffing: Staffing, parts: Iterable[MergedDispatch], new_owner: str, policy: DispatchPolicy
) -> bool:
    """Change these dispatches of one need; return whether people are missing now who are to be searched for."""
    decision = StaffingDecision(staffing, work.now, policy)
    lost = False
    for part in parts:
        dispatch = staffing.dispatch(part.dispatch_id)
        if dispatch is None:
            continue
        if part.outcome in {"taken_over", "returned"}:
            decision.change(dispatch, volunteer_id=new_owner)
        else:
            decision.change(dispatch, state="cancelled")
            lost = True
    if lost and decision.missing > 0:
        decision.record_waiting(explain_waiting(decision, policy.recheck_interval))
    conclude(work, decision)
    return lost and decision.missing > 0
