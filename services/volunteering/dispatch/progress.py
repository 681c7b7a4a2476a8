"""The progress of a staffing: carry out the changes that time or the need's end makes due."""

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from services.volunteering.dispatch.domain.attendance import find_statement_due
from services.volunteering.dispatch.domain.decision import LARGEST_CHANGE, STEP_BYTES, StaffingDecision
from services.volunteering.dispatch.domain.due_changes import DueChange, due_changes, end_of_service
from services.volunteering.dispatch.domain.freed import FreedVolunteer, freed_from
from services.volunteering.dispatch.domain.moved_places import can_come, with_place
from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from services.volunteering.dispatch.vacancies import passed_over_loads
from services.volunteering.dispatch.waiting_list import waiting_loads, wake_waiting
from services.volunteering.matching.domain.volunteers import Volunteer, checked_out, released
from services.volunteering.matching.policy import MatchingPolicy
from services.volunteering.timebank.crediting import ConfirmedService, credit_service, loads_for_credits
from services.volunteering.timebank.domain.service_minutes import Span, minutes_served
from services.volunteering.timebank.policy import TimebankPolicy
from shared.engine import Get, Load, Loading, UnitOfWork

MOST_DUE: Final = STEP_BYTES // LARGEST_CHANGE
"""Due changes that one decision carries out at most: as many as certainly fit into its event."""


def load_due(work: UnitOfWork, staffing: Staffing, matching_policy: MatchingPolicy) -> Loading:
    """Load the missing entities that `apply_due` needs for this staffing; at most 2 rounds.

    First the volunteers and accounts, then the needs that wait for the volunteers who become free.
    """
    # A round that loads nothing would count towards the engine's bound, too.
    if missing := work.missing(loads_for_due(staffing, work)):
        yield missing
    changes = due_changes(staffing, work.now, MOST_DUE)
    freed = freed_by([_settle_move(work, staffing, change, matching_policy) for change in changes])
    if waiting := work.missing(waiting_loads(_as_freed(work, freed, matching_policy.city_zone))):
        yield waiting


def loads_for_due(staffing: Staffing, work: UnitOfWork) -> list[Load]:
    """Return the loads of the volunteers and accounts that the due changes touch, and of those who are next in line."""
    changes = due_changes(staffing, work.now, MOST_DUE)
    loads: list[Load] = [Get(Volunteer, change.dispatch.volunteer_id) for change in changes]
    if staffing.missing > 0 and staffing.can_search(work.now):
        loads += passed_over_loads(staffing)
    credited = [change.dispatch.volunteer_id for change in changes if change.state == "credited"]
    if credited:
        loads += loads_for_credits(staffing.area, credited)
    return loads


def freed_by(changes: Sequence[DueChange]) -> list[Dispatch]:
    """Return the dispatches whose volunteers the changes free for other needs."""
    # Only a booking kept its volunteer from other needs; an offer does not.
    return [change.dispatch for change in changes if change.dispatch.state == "accepted" != change.state]


def _as_freed(work: UnitOfWork, dispatches: Sequence[Dispatch], zone: ZoneInfo) -> list[FreedVolunteer]:
    # Before the change and after it the same: the booking is left out.
    found = ((work.get(Volunteer, dispatch.volunteer_id), dispatch.id) for dispatch in dispatches)
    return [
        freed_from(volunteer, zone, work.now, dispatch_id) for volunteer, dispatch_id in found if volunteer is not None
    ]


def _settle_move(work: UnitOfWork, staffing: Staffing, change: DueChange, matching_policy: MatchingPolicy) -> DueChange:
    """Return the change of a dispatch whose place was moved: it ends where its volunteer cannot come there."""
    volunteer = work.get(Volunteer, change.dispatch.volunteer_id) if change.moves else None
    if volunteer is None or can_come(volunteer, staffing, change.dispatch, matching_policy.standing_bounds):
        return change
    return DueChange(change.dispatch, "cancelled")


def apply_due(
    work: UnitOfWork, decision: StaffingDecision, timebank_policy: TimebankPolicy, matching_policy: MatchingPolicy
) -> None:
    """Carry out the due changes that fit, and wake the waiting needs that the freed volunteers suit."""
    staffing = decision.before
    changes: list[DueChange] = []
    for found in due_changes(staffing, decision.now, MOST_DUE + 1):
        if not decision.room or len(changes) == MOST_DUE:
            decision.unfinished = True
            break
        change = _settle_move(work, staffing, found, matching_policy)
        _apply(work, decision, change, timebank_policy)
        changes.append(change)
    wake_waiting(work, _as_freed(work, freed_by(changes), matching_policy.city_zone), but=staffing.id)


def _apply(work: UnitOfWork, decision: StaffingDecision, change: DueChange, timebank_policy: TimebankPolicy) -> None:
    dispatch = change.dispatch
    volunteer = work.require(Volunteer, dispatch.volunteer_id, "volunteer_id")
    due = find_statement_due(dispatch, decision.now, decision.policy.statement_time)
    if change.reminds:
        decision.change(dispatch, hours_due=due, reminded=dispatch.reminded + (dispatch.hours_due is not None))
    elif change.moves:
        # A new version, so that everybody who shows the booking shows its new place.
        decision.change(dispatch, moves=decision.before.moves)
        work.put(with_place(volunteer, dispatch.id, decision.before.place))
    elif change.state == "credited":
        _credit(work, decision, dispatch, volunteer, timebank_policy)
    elif change.state == "checked_out":
        # Nobody knows how long the volunteer stayed: a second person states it.
        decision.change(dispatch, state="checked_out", hours_due=due)
        work.put(checked_out(volunteer, dispatch.id, decision.now))
    else:
        # The station has moved the slot: those who were booked are asked first for the new one.
        first = {"comes_first": True} if dispatch.state == "accepted" and decision.before.next_slot else {}
        decision.change(dispatch, state=change.state, **first)
        work.put(released(volunteer, dispatch.id, decision.now, missed=change.missed))


def _credit(
    work: UnitOfWork,
    decision: StaffingDecision,
    dispatch: Dispatch,
    volunteer: Volunteer,
    timebank_policy: TimebankPolicy,
) -> None:
    staffing = decision.before
    if dispatch.state == "checked_in":
        left = end_of_service(staffing, decision.now)
        presence = Span(dispatch.checked_in_at or staffing.starts_at, left)
        minutes = minutes_served(presence, staffing.slot, timebank_policy)
        dispatch = decision.change(dispatch, state="credited", checked_out_at=left, minutes=minutes)
        work.put(checked_out(volunteer, dispatch.id, decision.now))
    else:
        decision.change(dispatch, state="credited")
    credit_service(work, service_of(staffing, dispatch, volunteer))


def service_of(staffing: Staffing, dispatch: Dispatch, volunteer: Volunteer) -> ConfirmedService:
    """Return the volunteer's part in the service, for its crediting."""
    return ConfirmedService(
        need_id=staffing.id,
        dispatch_id=dispatch.id,
        volunteer_id=volunteer.id,
        volunteer_area=volunteer.area,
        area=staffing.area,
        minutes=dispatch.minutes,
    )
