"""The changes that are due: offers expire, no-shows lose their place, and the need's end closes or credits the rest."""

from datetime import datetime
from typing import NamedTuple

from services.volunteering.dispatch.domain.attendance import (
    awaits_statement,
    has_forgotten_check_out,
    is_no_show,
    next_reminder,
)
from services.volunteering.dispatch.domain.dispatch_states import OPEN
from services.volunteering.dispatch.domain.expiry import has_expired
from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from shared.contracts.volunteering.dispatch import DispatchState


class DueChange(NamedTuple):
    """A dispatch and the state that it has to take now; `missed` counts against the volunteer's reliability.

    With `reminds` the state stays: somebody is reminded to state the time of the service. With `moves` it stays where
    the volunteer can come to the place that counts now.
    """

    dispatch: Dispatch
    state: DispatchState
    missed: bool = False
    reminds: bool = False
    moves: bool = False


def due_changes(staffing: Staffing, now: datetime, most: int) -> list[DueChange]:
    """Return the changes that are due, in the order in which the people were asked, at most `most`.

    The rest is due at the next look.
    """
    found: list[DueChange] = []
    filled = staffing.missing <= 0
    surplus = {dispatch.id for dispatch in staffing.surplus}
    for nth, dispatch in enumerate(staffing.dispatches):
        if len(found) >= most:
            break
        if staffing.ended:
            change = _by_end(staffing, dispatch, now)
        elif dispatch.id in surplus or (staffing.next_slot is not None and dispatch.state in OPEN):
            change = DueChange(dispatch, "cancelled")
        else:
            change = _by_time(staffing, dispatch, now, filled) or _by_place(staffing, dispatch, nth)
        if change is not None:
            found.append(change)
        elif (at := next_reminder(staffing, dispatch, now)) is not None and at <= now:
            found.append(DueChange(dispatch, dispatch.state, reminds=True))
    return found


def _by_place(staffing: Staffing, dispatch: Dispatch, nth: int) -> DueChange | None:
    made_before = nth < staffing.place_since and dispatch.moves < staffing.moves
    return DueChange(dispatch, dispatch.state, moves=True) if made_before and dispatch.state in OPEN else None


def _by_end(staffing: Staffing, dispatch: Dispatch, now: datetime) -> DueChange | None:
    if dispatch.state in OPEN:
        return DueChange(dispatch, "cancelled")
    if dispatch.state == "checked_in":
        if staffing.ended != "cancelled":
            return DueChange(dispatch, "checked_out")
        # The cancellation ends the service: the work done until then counts.
        return DueChange(dispatch, "credited" if has_served(staffing, dispatch, now) else "cancelled")
    stated = dispatch.state == "checked_out" and not awaits_statement(staffing, dispatch)
    return DueChange(dispatch, "credited") if stated else None


def has_served(staffing: Staffing, dispatch: Dispatch, now: datetime) -> bool:
    """Return whether a volunteer who is checked in has served within the slot before the need ended."""
    came = dispatch.checked_in_at or staffing.starts_at
    return max(came, staffing.starts_at) < end_of_service(staffing, now)


def end_of_service(staffing: Staffing, now: datetime) -> datetime:
    """Return the instant at which the need's end ended the service of those who were still there."""
    return min(staffing.ended_at or now, now)


def _by_time(staffing: Staffing, dispatch: Dispatch, now: datetime, filled: bool) -> DueChange | None:
    if dispatch.state == "offered":
        if has_expired(dispatch, now):
            return DueChange(dispatch, "expired")
        # First come, first served: an offer that one decision could not take back is taken back at the next look.
        return DueChange(dispatch, "cancelled") if filled else None
    if is_no_show(staffing, dispatch, now):
        return DueChange(dispatch, "cancelled", missed=True)
    if has_forgotten_check_out(staffing, dispatch, now):
        return DueChange(dispatch, "checked_out")
    return None
