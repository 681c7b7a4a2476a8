"""The expiry of an offer (邀约): an unanswered offer lapses, and its place goes to others.

The lapse itself is one of the changes that are due, see `due_changes`.
"""

from datetime import datetime, timedelta

from services.volunteering.dispatch.domain.staffing import Dispatch


def expiry_of_offer(made_at: datetime, duration: timedelta, slot_ends_at: datetime) -> datetime:
    """Return the instant at which an offer expires: after its duration, but never later than the slot's end."""
    return min(made_at + duration, slot_ends_at)


def has_expired(dispatch: Dispatch, now: datetime) -> bool:
    """Return whether the dispatch is past its expiry; a booking has none."""
    return dispatch.expires_at is not None and dispatch.expires_at <= now
