"""The volunteer's answer to an offer (邀约): accept it, decline it, or withdraw from an accepted one."""

from functools import partial
from itertools import islice
from zoneinfo import ZoneInfo

from services.volunteering.dispatch.conclusion import conclude
from services.volunteering.dispatch.domain.answers import dispatch_answer
from services.volunteering.dispatch.domain.attendance import is_in_grace, is_late_withdrawal, is_moved, may_withdraw
from services.volunteering.dispatch.domain.decision import MAX_CHANGES, StaffingDecision
from services.volunteering.dispatch.domain.dispatch_states import require_state
from services.volunteering.dispatch.domain.expiry import has_expired
from services.volunteering.dispatch.domain.freed import freed_from
from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from services.volunteering.dispatch.handlers.dispatch_commands import load_dispatch, require_dispatch
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.vacancies import (
    passed_over_loads,
    refill_vacancies,
    volunteers_of,
    withdraw_offers,
)
from services.volunteering.dispatch.waiting_list import waiting_loads, wake_waiting
from services.volunteering.matching.domain.standing import StandingBounds
from services.volunteering.matching.domain.volunteers import Hold, Volunteer, answered, booked, excused, released
from services.volunteering.matching.policy import MatchingPolicy
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.dispatch import AcceptOffer, DeclineOffer
from shared.engine import Handling, Incoming, Load, UnitOfWork, take_turn


def accept_offer(message: Incoming[AcceptOffer], policy: DispatchPolicy, matching_policy: MatchingPolicy) -> Handling:
    """Book the volunteer; once nobody is missing, the other offers are taken back. Answers the dispatch.

    A decline or withdrawal is taken back while a place is open; it then counts no longer against reliability. Raises
    Refused("wrong_state") for a dispatch that is neither an open offer nor declined, or where enough have accepted, and
    Refused("conflict") where another booking overlaps the slot, or the way from or to it is too long.
    """
    command = message.data
    work = yield from take_turn(partial(load_dispatch, message, more=_load_other_offers))
    staffing, dispatch = require_dispatch(work, command)
    decision = StaffingDecision(staffing, work.now, policy)
    volunteer = work.require(Volunteer, dispatch.volunteer_id, "dispatch_id")
    _require_acceptable(decision, dispatch, volunteer)
    volunteer = excused(volunteer) if dispatch.id in staffing.late else volunteer
    hold = staffing.hold(dispatch.id)
    after = booked(volunteer, hold, decision.now, staffing.place)
    require_reachable(volunteer, staffing.place, hold, matching_policy.standing_bounds)
    work.put(after)
    # Promised by the volunteer now, also where standing acceptance had made the booking before it was declined.
    accepted = decision.change(dispatch, state="accepted", expires_at=None, standing=False)
    decision.count_late(accepted, late=False)
    work = yield from withdraw_offers(work, decision)
    return dispatch_answer(conclude(work, decision), accepted)


def decline_offer(message: Incoming[DeclineOffer], policy: DispatchPolicy, matching_policy: MatchingPolicy) -> Handling:
    """Free the volunteer and ask somebody else in the same decision. Answers the dispatch.

    A withdrawal less than 24 hours before the slot counts against reliability; it is possible until the slot begins,
    after the check-in, too. Raises Refused("wrong_state") for a dispatch that is neither offered nor promised.
    """
    return (yield from give_back(message, policy, matching_policy))


def give_back(
    message: Incoming[DeclineOffer], policy: DispatchPolicy, matching_policy: MatchingPolicy, *, forgiven: bool = False
) -> Handling:
    """Decline as `decline_offer` does; a withdrawal that is `forgiven` has no effect on reliability."""
    command = message.data
    zone = matching_policy.city_zone
    work = yield from take_turn(
        partial(load_dispatch, message, more=passed_over_loads, then=partial(_load_waiting, zone))
    )
    staffing, dispatch = require_dispatch(work, command)
    decision = StaffingDecision(staffing, work.now, policy)
    if not may_withdraw(staffing, dispatch, work.now):
        raise Refused(
            "wrong_state",
            "dispatch_not_in_state",
            field="dispatch_id",
            state=dispatch.state,
            action="decline",
            allowed="offered,accepted",
        )
    volunteer = work.require(Volunteer, dispatch.volunteer_id, "dispatch_id")
    excused = forgiven or is_in_grace(dispatch, decision.now, policy, zone) or is_moved(staffing, dispatch)
    late = is_late_withdrawal(staffing, dispatch, decision.now) and not excused
    work.put(answered(released(volunteer, dispatch.id, decision.now, missed=late), decision.now))
    # A volunteer who has come and leaves before the slot has not served: the check-in counts no longer.
    declined = decision.change(dispatch, state="declined", expires_at=None, checked_in_at=None)
    decision.count_late(declined, late=late)
    if dispatch.state != "offered":
        # Another need may have waited for this very volunteer.
        wake_waiting(work, [freed_from(volunteer, zone, work.now, dispatch.id)], but=staffing.id)
    work = yield from refill_vacancies(work, decision, matching_policy)
    return dispatch_answer(conclude(work, decision), declined)


def _require_acceptable(decision: StaffingDecision, dispatch: Dispatch, volunteer: Volunteer) -> None:
    staffing = decision.before
    # An id without tags was merged or erased since: nobody stands behind its decline any more. A decline of another
    # slot, as before a reopening, says nothing about this one.
    open_still = not staffing.ended and decision.now < staffing.ends_at
    open_still = open_still and bool(volunteer.tags) and staffing.is_for_slot(dispatch)
    if dispatch.state != "declined" or not open_still:
        require_state(dispatch.state, "offered", "accept")
    if has_expired(dispatch, decision.now):
        # The timer may be late: expiry is checked on reading.
        raise Refused("wrong_state", "offer_expired", field="dispatch_id")
    if decision.missing <= 0:
        raise Refused("wrong_state", "enough_accepted", field="dispatch_id")


def require_reachable(volunteer: Volunteer, place: tuple[float, float], hold: Hold, bounds: StandingBounds) -> None:
    """Raise Refused("conflict") where there is not enough time for the way between the slot and another booking."""
    found = bounds.find_unreachable(volunteer, place, hold.starts, hold.ends)
    if found is not None:
        other, minutes = found
        raise Refused("conflict", "way_too_long", field="dispatch_id", other=other.dispatch_id, minutes=minutes)


def _load_other_offers(staffing: Staffing) -> list[Load]:
    # The last one missing: if this offer is accepted, the others are taken back in the same decision.
    if staffing.missing != 1:
        return []
    open_offers = (dispatch for dispatch in staffing.dispatches if dispatch.state == "offered")
    return volunteers_of(islice(open_offers, MAX_CHANGES))


def _load_waiting(zone: ZoneInfo, work: UnitOfWork, dispatch: Dispatch) -> list[Load]:
    """Return the loads of the needs that the volunteer suits once the booking is given back."""
    volunteer = work.get(Volunteer, dispatch.volunteer_id)
    if volunteer is None or dispatch.state not in {"accepted", "checked_in"}:
        return []
    return waiting_loads([freed_from(volunteer, zone, work.now, dispatch.id)])
