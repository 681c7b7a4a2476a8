"""Statements of the time of a service by a second person, and adjustments of its minutes once they are credited.

Volunteers who forgot to check out are credited by a statement alone.
"""

from functools import partial

from services.volunteering.dispatch.conclusion import conclude
from services.volunteering.dispatch.domain.answers import dispatch_answer
from services.volunteering.dispatch.domain.attendance import require_begun
from services.volunteering.dispatch.domain.decision import StaffingDecision
from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing, need_of
from services.volunteering.dispatch.domain.statements import (
    require_credited,
    require_second_person,
    stated_presence,
)
from services.volunteering.dispatch.handlers.dispatch_commands import load_dispatch, require_dispatch
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.progress import service_of
from services.volunteering.dispatch.timers import recheck_soon
from services.volunteering.matching.domain.volunteers import Volunteer, checked_out, unserved
from services.volunteering.timebank.adjustments import account_of, adjust_service, credit_of, load_credit
from services.volunteering.timebank.crediting import credit_service, loads_for_credits
from services.volunteering.timebank.domain.adjustments import find_shortfall, require_adjustable, require_within_slot
from services.volunteering.timebank.domain.service_minutes import counted_span, is_empty, minutes_served
from services.volunteering.timebank.policy import TimebankPolicy
from shared.contracts.volunteering.dispatch import AdjustHours, DispatchAnswer, HoursReason, StateHours
from shared.engine import Get, Handling, Incoming, Load, Loading, UnitOfWork, take_turn
from shared.engine.decide.actor_references import ActorReference, reference_load
from shared.people.identities import identity_load, identity_of


def state_hours(message: Incoming[StateHours], policy: DispatchPolicy, timebank_policy: TimebankPolicy) -> Handling:
    """Take the stated time of a service; credit it at once where the need has ended.

    Without presence in the slot there was no service: it ends as a withdrawal that counts against reliability, and the
    place is open again.
    Answers the dispatch. Raises Refused: "not_allowed" for the volunteer and for the actor who checked the volunteer in
    or out; "wrong_state" for a dispatch whose volunteer has not checked in, or is credited; "invalid" for a time that
    ends before it begins, or has not come yet.
    """
    command = message.data
    work = yield from take_turn(partial(_load_stated, message))
    staffing, dispatch = require_dispatch(work, command)
    _require_second_person(work, staffing, dispatch)
    require_begun(staffing, work.now)
    presence = stated_presence(staffing, dispatch, command, work.now)
    decision = StaffingDecision(staffing, work.now, policy)
    volunteer = work.require(Volunteer, dispatch.volunteer_id, "dispatch_id")
    if is_empty(counted_span(presence, staffing.slot, timebank_policy.credit_grace)):
        # Merged since, each of these ids has counted the service, and the survivor keeps its slot.
        for one in _heirs(work, dispatch.volunteer_id):
            heir = work.require(Volunteer, one, "dispatch_id")
            work.put(unserved(heir, dispatch.id, work.now, kept=dispatch.state != "checked_in"))
        return _close_unserved(work, decision, dispatch, command.reason_code)
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


def _close_unserved(
    work: UnitOfWork, decision: StaffingDecision, dispatch: Dispatch, because: HoursReason
) -> DispatchAnswer:
    # As a withdrawal, and not as a cancellation: this need does not ask the volunteer again.
    closed = decision.change(
        dispatch,
        state="declined",
        checked_in_at=None,
        checked_out_at=None,
        stated_for=because,
        hours_due=None,
        reminded=0,
    )
    after = conclude(work, decision)
    if after.waiting_in is not None:
        recheck_soon(work, after.id)
    return dispatch_answer(after, closed)


def adjust_hours(message: Incoming[AdjustHours], policy: DispatchPolicy, timebank_policy: TimebankPolicy) -> Handling:
    """Adjust the minutes of a credited service; the same minutes again collect a shortfall, or change nothing.

    Answers the dispatch. Raises Refused: "not_allowed" as `state_hours` does; "wrong_state" for a dispatch that is not
    credited, was credited too long ago, or adjusted too often; "invalid" for more minutes than the slot has.
    """
    command = message.data
    work = yield from take_turn(partial(_load_credited, message))
    staffing, dispatch = require_dispatch(work, command)
    _require_second_person(work, staffing, dispatch)
    require_credited(staffing, dispatch)
    require_within_slot(command.minutes, staffing.slot, timebank_policy)
    volunteer = work.require(Volunteer, dispatch.volunteer_id, "dispatch_id")
    service = service_of(staffing, dispatch.model_copy(update={"minutes": command.minutes}), volunteer)
    credit, short = credit_of(work, service), staffing.short_minutes(dispatch.id)
    if command.minutes == dispatch.minutes:
        if find_shortfall(credit, account_of(work, service, credit), command.minutes) == short:
            return dispatch_answer(staffing, dispatch)
    else:
        require_adjustable(credit, None if short else staffing.ended_at or staffing.ends_at, work.now, timebank_policy)
    left = adjust_service(work, service, credit, command.reason_code)
    decision = StaffingDecision(staffing, work.now, policy)
    adjusted = decision.change(
        dispatch,
        minutes=command.minutes,
        stated_for=command.reason_code,
        hours_due=work.now + policy.statement_time if left else None,
        reminded=0,
    )
    decision.count_short(adjusted, left)
    return dispatch_answer(conclude(work, decision), adjusted)


def _load_credited(message: Incoming[AdjustHours]) -> Loading:
    """Load the dispatch with its volunteer, and the entries and accounts of its credit."""
    work = yield [reference_load(message.actor)]
    yield from load_dispatch(message)
    dispatch_id = message.data.dispatch_id
    staffing = work.get(Staffing, need_of(dispatch_id) or "")
    dispatch = None if staffing is None else staffing.dispatch(dispatch_id)
    if staffing is not None and dispatch is not None:
        yield from load_credit(work, staffing.area, dispatch.volunteer_id, dispatch.id)


def _require_second_person(work: UnitOfWork, staffing: Staffing, dispatch: Dispatch) -> None:
    actor = work.message.actor
    known = work.get(ActorReference, actor.principal)
    identity = identity_of(work, dispatch.volunteer_id)
    ids = {*identity.ids, identity.survivor}
    require_second_person(staffing, dispatch, actor, None if known is None else known.reference, ids)


def _load_stated(message: Incoming[StateHours]) -> Loading:
    """Load the dispatch with its volunteer, and the ids that have taken over the volunteer's record."""
    work = yield [reference_load(message.actor)]
    yield from load_dispatch(message, then=_load_accounts)
    staffing = work.get(Staffing, need_of(message.data.dispatch_id) or "")
    dispatch = None if staffing is None else staffing.dispatch(message.data.dispatch_id)
    if dispatch is None:
        return
    survivor = identity_of(work, dispatch.volunteer_id).survivor
    if survivor != dispatch.volunteer_id:
        yield [Get(Volunteer, survivor), identity_load(survivor)]
        # Of a chain of merges all that stand for the survivor: those between brought the record along.
        yield [identity_load(one) for one in identity_of(work, survivor).others]
        yield [Get(Volunteer, one) for one in _heirs(work, dispatch.volunteer_id)]


def _heirs(work: UnitOfWork, volunteer_id: str) -> list[str]:
    """Return the ids whose records hold the services under that one: itself, the survivor, and those between."""
    survivor = identity_of(work, volunteer_id).survivor
    others = identity_of(work, survivor).others if survivor != volunteer_id else ()
    between = [one for one in others if volunteer_id in identity_of(work, one).others]
    return list(dict.fromkeys((volunteer_id, *between, survivor)))


def _load_accounts(work: UnitOfWork, dispatch: Dispatch) -> list[Load]:
    staffing = work.get(Staffing, need_of(dispatch.id) or "")
    return [] if staffing is None else loads_for_credits(staffing.area, [dispatch.volunteer_id])
