"""The review of a volunteer's promises after a change: one offer or booking a step, given to others where needed."""

from functools import partial
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from services.volunteering.dispatch.conclusion import conclude
from services.volunteering.dispatch.domain.attendance import is_late_withdrawal
from services.volunteering.dispatch.domain.decision import StaffingDecision
from services.volunteering.dispatch.domain.freed import freed_from
from services.volunteering.dispatch.domain.recheck import AT_ONCE
from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing, need_of
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.vacancies import refill_vacancies
from services.volunteering.dispatch.waiting_list import waiting_loads, wake_waiting
from services.volunteering.matching.domain.volunteers import Volunteer, find_hold, released
from services.volunteering.matching.policy import MatchingPolicy
from services.volunteering.people.terms import keeps
from shared.contracts.messages import Timer
from shared.engine import Get, HandlerTable, Handling, Incoming, Loading, UnitOfWork, take_turn


class PromisesDue(Timer):
    """Compare the offers and bookings of a volunteer with the terms; `passed` are the dispatches compared already."""

    type: ClassVar[str] = "volunteering.promises_due"
    volunteer_id: str
    passed: tuple[str, ...] = ()


def review_soon(work: UnitOfWork, volunteer: Volunteer, passed: tuple[str, ...] = ()) -> None:
    """Review the next promise at once; a review under way begins again."""
    due = PromisesDue(volunteer_id=volunteer.id, passed=passed)
    work.remind(f"promises:{volunteer.id}", work.now + AT_ONCE, due)


def review_promises(
    message: Incoming[PromisesDue], dispatch_policy: DispatchPolicy, matching_policy: MatchingPolicy
) -> Handling:
    """Give back one offer or booking that no longer fits the terms, and look for somebody else in the same decision.

    The record of service keeps a late withdrawal, but for a booking that was confirmed unasked.
    """
    zone = matching_policy.city_zone
    work = yield from take_turn(partial(_load, message, zone))
    volunteer = work.get(Volunteer, message.data.volunteer_id)
    hold = None if volunteer is None else find_hold(volunteer, message.data.passed)
    if volunteer is None or hold is None:
        return
    staffing, dispatch = _find(work, hold.dispatch_id)
    if staffing is not None and dispatch is not None and not keeps(volunteer, staffing, dispatch, zone):
        decision = StaffingDecision(staffing, work.now, dispatch_policy)
        late = is_late_withdrawal(staffing, dispatch, work.now) and not dispatch.standing
        volunteer = work.put(released(volunteer, dispatch.id, work.now, missed=late))
        decision.change(dispatch, state="cancelled", expires_at=None)
        if dispatch.state == "accepted":
            wake_waiting(work, [freed_from(volunteer, zone, work.now, dispatch.id)], but=staffing.id)
        work = yield from refill_vacancies(work, decision, matching_policy)
        conclude(work, decision)
    review_soon(work, volunteer, (*message.data.passed, hold.dispatch_id))


def _load(message: Incoming[PromisesDue], zone: ZoneInfo) -> Loading:
    volunteer_id = message.data.volunteer_id
    work = yield [Get(Volunteer, volunteer_id)]
    volunteer = work.get(Volunteer, volunteer_id)
    hold = None if volunteer is None else find_hold(volunteer, message.data.passed)
    if volunteer is None or hold is None:
        return
    work = yield [Get(Staffing, need_of(hold.dispatch_id) or "")]
    _, dispatch = _find(work, hold.dispatch_id)
    if dispatch is not None and dispatch.state == "accepted":
        yield waiting_loads([freed_from(volunteer, zone, work.now, dispatch.id)])


def _find(work: UnitOfWork, dispatch_id: str) -> tuple[Staffing | None, Dispatch | None]:
    staffing = work.get(Staffing, need_of(dispatch_id) or "")
    return staffing, None if staffing is None else staffing.dispatch(dispatch_id)


HANDLERS: Final[HandlerTable] = {PromisesDue: review_promises}
