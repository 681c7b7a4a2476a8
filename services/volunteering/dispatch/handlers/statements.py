"""Statements of the time of a service by a second person: who forgot to check out is credited by nothing else."""

from functools import partial

from services.volunteering.dispatch.conclusion import conclude
from services.volunteering.dispatch.domain.answers import dispatch_answer
from services.volunteering.dispatch.domain.decision import StaffingDecision
from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing, need_of
from services.volunteering.dispatch.domain.statements import stated_presence
from services.volunteering.dispatch.handlers.dispatch_commands import load_dispatch, require_dispatch
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.progress import service_of
from services.volunteering.matching.domain.volunteers import Volunteer, checked_out
from services.volunteering.timebank.crediting import credit_service, loads_for_credits
from services.volunteering.timebank.domain.service_minutes import minutes_served
from services.volunteering.timebank.policy import TimebankPolicy
from shared.contracts.volunteering.dispatch import StateHours
from shared.engine import Handling, Incoming, Load, UnitOfWork, take_turn


def state_hours(message: Incoming[StateHours], policy: DispatchPolicy, timebank_policy: TimebankPolicy) -> Handling:
    """Take the time of a service as it is stated; of a need that has ended it is credited at once.

    Answers the dispatch. Raises Refused: "wrong_state" for a dispatch whose volunteer has not checked in, or is
    credited; "invalid" for a time that ends before it begins, or has not come yet.
    """
    command = message.data
    work = yield from take_turn(partial(load_dispatch, message, then=_load_accounts))
    staffing, dispatch = require_dispatch(work, command)
    presence = stated_presence(staffing, dispatch, command, work.now)
    decision = StaffingDecision(staffing, work.now, policy)
    volunteer = work.require(Volunteer, dispatch.volunteer_id, "dispatch_id")
    if dispatch.state == "checked_in":
        volunteer = work.put(checked_out(volunteer, dispatch.id, work.now))
    stated = decision.change(
        dispatch,
        state="credited" if staffing.ended else "checked_out",
        checked_in_at=presence.begins,
        checked_out_at=presence.ends,
        minutes=minutes_served(presence, staffing.slot, timebank_policy),
        stated_for=command.reason_code,
        hours_due=None,
        reminded=0,
    )
    if staffing.ended:
        credit_service(work, service_of(staffing, stated, volunteer))
    return dispatch_answer(conclude(work, decision), stated)


def _load_accounts(work: UnitOfWork, dispatch: Dispatch) -> list[Load]:
    staffing = work.get(Staffing, need_of(dispatch.id) or "")
    return [] if staffing is None else loads_for_credits(staffing.area, [dispatch.volunteer_id])
