"""The announcement of a decision: one event with the staffing's whole state, never with personal data (L5)."""

from collections.abc import Iterable

from services.volunteering.dispatch.domain.decision import StaffingDecision
from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from shared.contracts.volunteering.dispatch import (
    DispatchView,
    StaffingChanged,
    StaffingSnapshot,
    VolunteersAwaited,
    VolunteersConfirmed,
    VolunteersOffered,
    VolunteersReleased,
)


def event_of(decision: StaffingDecision, after: Staffing) -> type[StaffingSnapshot] | None:
    """Return the kind of the decision's one event; None where no reader would see a difference."""
    before = decision.before
    if after.state == "released":
        return VolunteersReleased
    if after.held >= after.headcount and any(d.state == "accepted" for d in decision.changed.values()):
        return VolunteersConfirmed
    if after.state == "waiting" and (before.state != "waiting" or decision.added):
        return VolunteersAwaited
    if decision.added:
        return VolunteersOffered
    if decision.changed or decision.asked_otherwise:
        return StaffingChanged
    visible = (before.state, before.headcount, before.tried, before.waiting)
    return StaffingChanged if visible != (after.state, after.headcount, after.tried, after.waiting) else None


def snapshot_of(kind: type[StaffingSnapshot], staffing: Staffing, changed: Iterable[Dispatch]) -> StaffingSnapshot:
    """Return the event's data; `staffing` must be as `put` gave it back, with its new version."""
    dispatches = staffing.dispatches
    return kind(
        need_id=staffing.id,
        version=staffing.version,
        state=staffing.state,
        area=staffing.area,
        headcount=staffing.headcount,
        confirmed=staffing.held,
        offered=staffing.offered,
        # Everyone who has come counts, also after the check-out; a need that ends takes the others' part back.
        checked_in=sum(d.checked_in_at is not None and d.state != "cancelled" for d in dispatches),
        checked_out=sum(d.state in ("checked_out", "credited") for d in dispatches),
        changed=tuple(_view(staffing, dispatch) for dispatch in changed),
        tried=staffing.tried,
        waiting=staffing.waiting,
    )


def _view(staffing: Staffing, dispatch: Dispatch) -> DispatchView:
    return DispatchView(
        dispatch_id=dispatch.id,
        version=dispatch.version,
        volunteer_id=dispatch.volunteer_id,
        state=dispatch.state,
        ring=dispatch.ring,
        wave=dispatch.wave,
        standing=dispatch.standing,
        starts_at=staffing.starts_at,
        ends_at=staffing.ends_at,
        expires_at=dispatch.expires_at,
        checked_in_at=dispatch.checked_in_at,
        checked_out_at=dispatch.checked_out_at,
        minutes=dispatch.minutes,
        stated_for=dispatch.stated_for or None,
        hours_due=dispatch.hours_due,
        reminded=dispatch.reminded,
        short_minutes=staffing.short_minutes(dispatch.id),
        why=dispatch.why,
    )
