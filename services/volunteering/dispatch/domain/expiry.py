"""The expiry of an offer (邀约): an unanswered offer lapses, and its place goes to others.

The time to answer grows with the lead time of the slot. The quiet hours do not count, but for the most urgent needs
where the city permits it. The lapse itself is one of the changes that are due, see `due_changes`.
"""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from services.volunteering.dispatch.policy import DispatchPolicy

HIGHEST_URGENCY: Final = "urgent"


def time_to_answer(lead: timedelta, policy: DispatchPolicy) -> timedelta:
    """Return how long an offer stands that is made `lead` before its slot: a share of it, within the city's bounds."""
    share = lead * policy.offer_lead_percent / 100
    return max(policy.offer_duration, min(share, policy.longest_offer))


def find_expiry(staffing: Staffing, made_at: datetime, policy: DispatchPolicy, zone: ZoneInfo) -> datetime:
    """Return the instant at which an offer made now expires; never later than the slot's end.

    Where it would stand beyond the beginning of the slot without the quiet hours, they count.
    """
    duration = time_to_answer(staffing.starts_at - made_at, policy)
    awake = policy.quiet_hours(zone).pass_outside(made_at, duration)
    counts = asks_at_night(staffing, policy) or awake > staffing.starts_at
    return min(made_at + duration if counts else awake, staffing.ends_at)


def find_asking_pause(staffing: Staffing, now: datetime, policy: DispatchPolicy, zone: ZoneInfo) -> datetime | None:
    """Return the end of the quiet hours in which nobody may be asked for this need; None where people may be asked.

    A need that begins before anybody could answer in the morning asks at night, too.
    """
    end = policy.quiet_hours(zone).end_around(now)
    if end is None or asks_at_night(staffing, policy) or staffing.starts_at < end + policy.offer_duration:
        return None
    return end


def asks_at_night(staffing: Staffing, policy: DispatchPolicy) -> bool:
    """Return whether people may be asked for this need in the quiet hours: the city permits it for the most urgent."""
    return policy.urgent_at_night and staffing.urgency == HIGHEST_URGENCY


def has_expired(dispatch: Dispatch, now: datetime) -> bool:
    """Return whether the dispatch is past its expiry; a booking has none."""
    return dispatch.expires_at is not None and dispatch.expires_at <= now
