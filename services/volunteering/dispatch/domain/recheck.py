"""The recheck of a staffing: the next instant at which time alone can change it."""

from datetime import datetime, timedelta
from typing import Final

from services.volunteering.dispatch.domain.attendance import FORGOTTEN_CHECK_OUT, NO_SHOW_GRACE, next_reminder
from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.dispatch.policy import DispatchPolicy

LONGEST_RECHECK: Final = 12
"""A waiting need is searched for ever less often, up to this many times the first interval."""
AT_ONCE: Final = timedelta(milliseconds=1)
"""How soon the rest follows. Not the same instant: a timer of the same key and instant is the same timer."""


def next_recheck(
    staffing: Staffing, now: datetime, policy: DispatchPolicy, asks_from: datetime | None = None
) -> datetime | None:
    """Return the instant of the next recheck; None where the staffing is over.

    The interval of a waiting need doubles with each search in vain, up to twelve times the first one. `asks_from`
    replaces it: the end of the quiet hours, or of the time for which people are kept for others.
    """
    states = {dispatch.state for dispatch in staffing.dispatches}
    instants: list[datetime] = []
    if states & {"checked_out", "credited"}:
        reminders = (next_reminder(staffing, dispatch, now) for dispatch in staffing.dispatches)
        instants += [at for at in reminders if at is not None]
    if staffing.ended or staffing.state == "served":
        return min(instants, default=None)
    if "offered" in states:
        instants += [d.expires_at for d in staffing.dispatches if d.state == "offered" and d.expires_at]
        # An open offer holds nobody up once there is a hurry: others are asked beside it, in the morning at the latest.
        hurries_at = staffing.starts_at - policy.wave_lead
        if beside := hurries_at if now < hurries_at else asks_from:
            instants.append(beside)
    if staffing.waiting_in is not None:
        again = policy.recheck_interval * min(2 ** max(0, staffing.searches - 1), LONGEST_RECHECK)
        instants.append(min(asks_from or now + again, staffing.ends_at))
    if states & {"checked_out"} and not states & {"accepted", "checked_in"} and now < staffing.ends_at:
        # Too few came, and all of them have left: the service counts as served once its slot is over.
        instants.append(staffing.ends_at)
    if "accepted" in states:
        instants.append(staffing.ends_at + NO_SHOW_GRACE)
    if "checked_in" in states:
        instants.append(staffing.ends_at + FORGOTTEN_CHECK_OUT)
    return min(instants, default=None)
