"""Attendance (到岗): when a volunteer may check in, counts as absent, or counts as having forgotten to check out."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from services.volunteering.dispatch.policy import DispatchPolicy
from shared.contracts.refusals import Refused

NO_SHOW_GRACE: Final = timedelta(minutes=30)
"""How long after the slot a volunteer who never checked in counts as absent."""
FORGOTTEN_CHECK_OUT: Final = timedelta(minutes=60)
"""How long after the slot a volunteer who did not check out counts as gone; the time has to be stated then."""
CLOSE_REMINDERS: Final = 3
"""So many reminders to state the time of a service come one `statement_time` after the other."""
LATER_PAUSE: Final = 7
"""The further ones come so many times more rarely: the hours are owed until somebody states them."""
LATE_WITHDRAWAL: Final = timedelta(hours=24)
"""A withdrawal later than this before the slot counts against reliability."""


def require_check_in_open(staffing: Staffing, now: datetime, early: timedelta) -> None:
    """Refuse a check-in earlier than `early` before the slot, or after the slot's end.

    Raises Refused("wrong_state", rule "check_in_not_open"), also while the people booked for a former slot are being
    released: a check-in would bind all others to that slot.
    """
    starts_at, ends_at = staffing.next_slot or (staffing.starts_at, staffing.ends_at)
    earliest = starts_at - early
    if staffing.next_slot is not None or not earliest <= now < ends_at:
        raise Refused(
            "wrong_state",
            "check_in_not_open",
            field="dispatch_id",
            opens_at=earliest.isoformat(),
            closes_at=ends_at.isoformat(),
        )


def require_begun(staffing: Staffing, now: datetime) -> None:
    """Refuse to end a service before its slot begins: it would count as service although nothing was done.

    Raises Refused("wrong_state", rule "slot_not_begun"): the volunteer who cannot stay withdraws instead.
    """
    if now < staffing.starts_at:
        raise Refused("wrong_state", "slot_not_begun", field="dispatch_id", starts_at=staffing.starts_at.isoformat())


def may_withdraw(staffing: Staffing, dispatch: Dispatch, now: datetime) -> bool:
    """Return whether the volunteer may decline or withdraw; until the slot begins also after check-in."""
    return dispatch.state in {"offered", "accepted"} or (dispatch.state == "checked_in" and now < staffing.starts_at)


def is_no_show(staffing: Staffing, dispatch: Dispatch, now: datetime) -> bool:
    """Return whether the volunteer has promised and not come, 30 minutes after the slot."""
    return dispatch.state == "accepted" and now >= staffing.ends_at + NO_SHOW_GRACE


def has_forgotten_check_out(staffing: Staffing, dispatch: Dispatch, now: datetime) -> bool:
    """Return whether the volunteer is still checked in 60 minutes after the slot."""
    return dispatch.state == "checked_in" and now >= staffing.ends_at + FORGOTTEN_CHECK_OUT


def awaits_statement(staffing: Staffing, dispatch: Dispatch) -> bool:
    """Return whether the volunteer has come, and a second person has to state the time before anything is credited.

    Where a volunteer did not check out, the time is unknown; where a need ended unmet, nobody confirmed it.
    """
    if dispatch.state == "checked_out":
        return dispatch.checked_out_at is None or staffing.ended == "unmet"
    # Release 0.2 credits such a dispatch with the minutes that are known: none.
    return dispatch.state == "credited" and dispatch.checked_out_at is None


def next_reminder(staffing: Staffing, dispatch: Dispatch, now: datetime) -> datetime | None:
    """Return the instant of the next reminder to state the time or to collect a shortfall; None where none is due.

    At once where nobody was reminded yet.
    """
    awaited = awaits_statement(staffing, dispatch) or staffing.short_minutes(dispatch.id)
    return (dispatch.hours_due or now) if awaited else None


def find_statement_due(dispatch: Dispatch, now: datetime, statement_time: timedelta) -> datetime:
    """Return the instant by which the time has to be stated, or the shortfall collected, and of the next reminder.

    It follows a reminder at `now`.
    """
    return now + statement_time * (1 if dispatch.reminded < CLOSE_REMINDERS else LATER_PAUSE)


def is_late_withdrawal(staffing: Staffing, dispatch: Dispatch, now: datetime) -> bool:
    """Return whether a promise is withdrawn less than 24 hours before the slot; an offer may always be declined.

    A volunteer who has checked in already withdraws late, too.

    The 24 hours are those of Karrot's late leave, https://github.com/karrot-dev/karrot-backend.
    """
    return dispatch.state != "offered" and now > staffing.starts_at - LATE_WITHDRAWAL


def is_moved(staffing: Staffing, dispatch: Dispatch) -> bool:
    """Return whether the slot or the place of a booking was moved since it was made, so that it binds nobody.

    Also before the staffing has compared the booking with it, which takes several decisions of a large need.
    """
    before_the_move = staffing.dispatches[: staffing.place_since]
    return staffing.next_slot is not None or any(one.id == dispatch.id for one in before_the_move)


def is_in_grace(dispatch: Dispatch, now: datetime, policy: DispatchPolicy, zone: ZoneInfo) -> bool:
    """Return whether a booking that was made unasked may be given back without effect on reliability.

    The time of grace does not run in the quiet hours. Where release 0.2 has made the booking, or stored it during an
    upgrade, nobody knows since when it stands: that is not held against the volunteer.
    """
    if not dispatch.standing:
        return False
    if dispatch.made_at is None:
        return True
    return now <= policy.quiet_hours(zone).pass_outside(dispatch.made_at, policy.standing_grace)
