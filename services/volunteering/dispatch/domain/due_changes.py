"""The changes that are due: offers expire, no-shows lose their place, and the need's end closes or credits the rest."""

from datetime import datetime
from typing import NamedTuple

from services.volunteering.dispatch.domain.attendance import has_forgotten_check_out, is_no_show
from services.volunteering.dispatch.domain.dispatch_states import OPEN
from services.volunteering.dispatch.domain.expiry import has_expired
from services.volunteering.dispatch.domain.staffing import Dispatch, Ended, Staffing
from shared.contracts.volunteering.dispatch import DispatchState


class DueChange(NamedTuple):
    """A dispatch and the state that it has to take now; `missed` counts against the volunteer's reliability."""

    dispatch: Dispatch
    state: DispatchState
    missed: bool = False


def due_changes(staffing: Staffing, now: datetime, most: int) -> list[DueChange]:
    """Return the changes that are due, in the order in which the people were asked, at most `most`.

    The rest is due at the next look.
    """
    found: list[DueChange] = []
    filled = staffing.missing <= 0
    for dispatch in staffing.dispatches:
        if len(found) >= most:
            break
        change = _by_end(dispatch, staffing.ended) if staffing.ended else _by_time(staffing, dispatch, now, filled)
        if change is not None:
            found.append(change)
    return found


def _by_end(dispatch: Dispatch, ended: Ended) -> DueChange | None:
    if dispatch.state in OPEN:
        return DueChange(dispatch, "cancelled")
    # Without a check-out nobody knows the minutes, so that nothing is credited.
    return DueChange(dispatch, "credited") if ended == "confirmed" and dispatch.state == "checked_out" else None


def _by_time(staffing: Staffing, dispatch: Dispatch, now: datetime, filled: bool) -> DueChange | None:
    if dispatch.state == "offered":
        if has_expired(dispatch, now):
            return DueChange(dispatch, "expired")
        # First come, first served: what one decision could not take back is taken back at the next look.
        return DueChange(dispatch, "cancelled") if filled else None
    if is_no_show(staffing, dispatch, now):
        return DueChange(dispatch, "cancelled", missed=True)
    if has_forgotten_check_out(staffing, dispatch, now):
        return DueChange(dispatch, "checked_out")
    return None
