"""Check-in (签到) and check-out (签退), by the server's clock."""

from functools import partial

from services.volunteering.dispatch.conclusion import conclude
from services.volunteering.dispatch.domain.answers import dispatch_answer
from services.volunteering.dispatch.domain.attendance import require_begun, require_check_in_open
from services.volunteering.dispatch.domain.decision import StaffingDecision
from services.volunteering.dispatch.domain.dispatch_states import require_state
from services.volunteering.dispatch.handlers.dispatch_commands import load_dispatch, require_dispatch
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.matching.domain.volunteers import Volunteer, checked_in, checked_out
from services.volunteering.timebank.domain.service_minutes import Span, minutes_served
from services.volunteering.timebank.policy import TimebankPolicy
from shared.contracts.volunteering.dispatch import CheckIn, CheckOut
from shared.engine import Handling, Incoming, take_turn
from shared.engine.decide.actor_references import Blinder, refer, reference_load


def check_in(message: Incoming[CheckIn], policy: DispatchPolicy, vault: Blinder) -> Handling:
    """Begin the service, from `check_in_early_minutes` before the slot until its end. Answers the dispatch.

    Raises Refused("wrong_state") outside that time or for a dispatch that is not accepted, and Refused("conflict", rule
    "checked_in_elsewhere") while the volunteer is checked in elsewhere.
    """
    command = message.data
    work = yield from take_turn(partial(load_dispatch, message, first=[reference_load(message.actor)]))
    staffing, dispatch = require_dispatch(work, command)
    require_state(dispatch.state, "accepted", "check_in")
    require_check_in_open(staffing, work.now, policy.check_in_early)
    decision = StaffingDecision(staffing, work.now, policy)
    work.put(checked_in(work.require(Volunteer, dispatch.volunteer_id, "dispatch_id"), dispatch.id, work.now))
    decision.record_actor(dispatch, refer(work, vault))
    serving = decision.change(dispatch, state="checked_in", checked_in_at=work.now)
    return dispatch_answer(conclude(work, decision), serving)


def check_out(
    message: Incoming[CheckOut], policy: DispatchPolicy, timebank_policy: TimebankPolicy, vault: Blinder
) -> Handling:
    """End the service and count its minutes within the slot; they are credited once the station confirms.

    Answers the dispatch.

    Raises Refused("wrong_state") for a dispatch that is not checked in, and (rule "slot_not_begun") before the slot
    begins: nothing was done yet, and the volunteer who cannot stay withdraws.
    """
    command = message.data
    work = yield from take_turn(partial(load_dispatch, message, first=[reference_load(message.actor)]))
    staffing, dispatch = require_dispatch(work, command)
    require_state(dispatch.state, "checked_in", "check_out")
    require_begun(staffing, work.now)
    decision = StaffingDecision(staffing, work.now, policy)
    presence = Span(dispatch.checked_in_at or work.now, work.now)
    minutes = minutes_served(presence, staffing.slot, timebank_policy)
    work.put(checked_out(work.require(Volunteer, dispatch.volunteer_id, "dispatch_id"), dispatch.id, work.now))
    decision.record_actor(dispatch, refer(work, vault))
    left = decision.change(dispatch, state="checked_out", checked_out_at=work.now, minutes=minutes)
    return dispatch_answer(conclude(work, decision), left)
