"""What time and the need's end do to dispatches: offers expire, the absent lose their place, the end closes all."""

from datetime import datetime
from typing import NamedTuple

from services.volunteering.domain.hours import forgotten
from services.volunteering.domain.policy import MAX_CHANGES, Policy
from services.volunteering.domain.staffing import OPEN, Dispatch, Ended, Staffing
from shared.contracts.volunteering.dispatch import DispatchState


class Due(NamedTuple):
    """A dispatch and the state it has to take now."""

    row: Dispatch
    state: DispatchState
    missed: bool = False


def due(staffing: Staffing, now: datetime, policy: Policy) -> list[Due]:
    """What has to change now; at most MAX_CHANGES, the rest at the next look."""
    found: list[Due] = []
    for row in staffing.dispatches:
        change = _at_end(row, staffing.ended) if staffing.ended else _by_time(staffing, row, now, policy)
        if change is not None:
            found.append(change)
            if len(found) == MAX_CHANGES:
                break
    return found


def _at_end(row: Dispatch, ended: Ended) -> Due | None:
    if row.state in OPEN:
        return Due(row, "cancelled")
    return Due(row, "credited") if ended == "confirmed" and row.state == "checked_out" else None


def _by_time(staffing: Staffing, row: Dispatch, now: datetime, policy: Policy) -> Due | None:
    if row.state == "offered" and row.expires_at is not None and row.expires_at <= now:
        return Due(row, "expired")
    if row.state == "accepted" and now >= staffing.ends_at + policy.no_show_grace:
        return Due(row, "cancelled", missed=True)
    if row.state == "checked_in" and now >= staffing.ends_at + policy.forgotten_check_out:
        return Due(row, "checked_out")
    return None


def left(staffing: Staffing, row: Dispatch, policy: Policy) -> dict[str, object]:
    """The fields of a dispatch that the server checks out."""
    checked_out_at, minutes = forgotten(staffing, row, policy)
    return {"checked_out_at": checked_out_at, "minutes": minutes}
