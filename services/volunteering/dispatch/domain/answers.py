"""The answers about a staffing and its dispatches, to a command's sender or a query."""

from datetime import UTC, datetime

from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from shared.contracts.volunteering.dispatch import DispatchAnswer, StaffingAnswer


def dispatch_answer(staffing: Staffing, dispatch: Dispatch) -> DispatchAnswer:
    """Return a dispatch as the API gives it back, its instants in UTC."""
    return DispatchAnswer(
        id=dispatch.id,
        version=dispatch.version,
        need_id=staffing.id,
        volunteer_id=dispatch.volunteer_id,
        state=dispatch.state,
        ring=dispatch.ring,
        wave=dispatch.wave,
        standing=dispatch.standing,
        # A slot keeps the station's offset until it is first read back from the store.
        starts_at=staffing.starts_at.astimezone(UTC),
        ends_at=staffing.ends_at.astimezone(UTC),
        expires_at=_in_utc(dispatch.expires_at),
        checked_in_at=_in_utc(dispatch.checked_in_at),
        checked_out_at=_in_utc(dispatch.checked_out_at),
        minutes=dispatch.minutes,
        stated_for=dispatch.stated_for or None,
        hours_due=_in_utc(dispatch.hours_due),
        reminded=dispatch.reminded,
        short_minutes=staffing.short_minutes(dispatch.id),
        why=dispatch.why,
    )


def staffing_answer(staffing: Staffing) -> StaffingAnswer:
    """Return a staffing with all its dispatches, the rings tried and the reasons for waiting."""
    return StaffingAnswer(
        need_id=staffing.id,
        version=staffing.version,
        state=staffing.state,
        headcount=staffing.headcount,
        confirmed=staffing.held,
        offered=staffing.offered,
        dispatches=tuple(dispatch_answer(staffing, dispatch) for dispatch in staffing.dispatches),
        tried=staffing.tried,
        waiting=staffing.waiting,
    )


def _in_utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(UTC)
