"""How a staffing is told: to the world in events, to the caller in answers. Never with personal data (L5)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from services.volunteering.domain.staffing import Dispatch, Staffing, Step
from shared.contracts.volunteering.dispatch import (
    DispatchView,
    StaffingChanged,
    StaffingSnapshot,
    VolunteersAwaited,
    VolunteersConfirmed,
    VolunteersOffered,
    VolunteersReleased,
)


def what_happened(step: Step, after: Staffing) -> type[StaffingSnapshot] | None:
    """The one event of the decision; None where nobody outside would see a difference."""
    before = step.before
    if after.state == "released":
        return VolunteersReleased
    if after.held >= after.headcount and any(row.state == "accepted" for row in step.changed.values()):
        return VolunteersConfirmed
    if after.state == "waiting" and (before.state != "waiting" or step.added):
        return VolunteersAwaited
    if step.added:
        return VolunteersOffered
    told_before = (before.state, before.tried, before.waiting)
    return StaffingChanged if step.changed or told_before != (after.state, after.tried, after.waiting) else None


def snapshot(kind: type[StaffingSnapshot], staffing: Staffing, changed: Iterable[Dispatch]) -> StaffingSnapshot:
    """The event's data; `staffing` as it was put."""
    rows = staffing.dispatches
    return kind(
        need_id=staffing.id,
        version=staffing.version,
        state=staffing.state,
        area=staffing.area,
        headcount=staffing.headcount,
        confirmed=staffing.held,
        offered=staffing.offered,
        checked_in=sum(row.checked_in_at is not None and row.state != "cancelled" for row in rows),
        checked_out=sum(row.state in ("checked_out", "credited") for row in rows),
        changed=tuple(_view(staffing, row) for row in changed),
        tried=staffing.tried,
        waiting=staffing.waiting,
    )


def _view(staffing: Staffing, row: Dispatch) -> DispatchView:
    return DispatchView(
        dispatch_id=row.id,
        version=row.version,
        volunteer_id=row.volunteer_id,
        state=row.state,
        ring=row.ring,
        wave=row.wave,
        standing=row.standing,
        starts_at=staffing.starts_at,
        ends_at=staffing.ends_at,
        expires_at=row.expires_at,
        checked_in_at=row.checked_in_at,
        checked_out_at=row.checked_out_at,
        minutes=row.minutes,
        why=row.why,
    )


def as_read(staffing: Staffing, row: Dispatch) -> dict[str, Any]:
    """A dispatch as the API gives it back."""
    return {
        "id": row.id,
        "need_id": staffing.id,
        "volunteer_id": row.volunteer_id,
        "state": row.state,
        "ring": row.ring,
        "wave": row.wave,
        "standing": row.standing,
        "starts_at": _instant(staffing.starts_at),
        "ends_at": _instant(staffing.ends_at),
        "expires_at": _instant(row.expires_at),
        "checked_in_at": _instant(row.checked_in_at),
        "checked_out_at": _instant(row.checked_out_at),
        "minutes": row.minutes,
        "why": row.why,
        "version": row.version,
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
