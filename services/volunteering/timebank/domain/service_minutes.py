"""The minutes of a service: from check-in to check-out by the server's own clock, rounded and capped."""

from datetime import datetime, timedelta
from typing import NamedTuple

from services.volunteering.timebank.policy import TimebankPolicy


class Departure(NamedTuple):
    """The end of a service whose volunteer forgot to check out: its instant and the minutes that count."""

    at: datetime
    minutes: int


def minutes_served(checked_in_at: datetime, checked_out_at: datetime, policy: TimebankPolicy) -> int:
    """Return the whole minutes between the instants, 0 to `entry_cap_minutes`, rounded as the policy has it.

    Service is recorded as it was: Regulations on Voluntary Service (志愿服务条例, 2017), art. 19.
    """
    whole, rest = divmod(checked_out_at - checked_in_at, timedelta(minutes=1))
    begun = int(policy.begun_minutes_count and rest > timedelta())
    # Below zero where two replicas' clocks disagree about a very short stay.
    return max(0, min(whole + begun, policy.entry_cap_minutes))


def forgotten_departure(
    checked_in_at: datetime | None, starts_at: datetime, ends_at: datetime, policy: TimebankPolicy
) -> Departure:
    """Return the departure of a volunteer who forgot to check out: the slot's minutes at most, never beyond its end."""
    came = checked_in_at or ends_at
    left = max(came, ends_at)
    # A stay before the slot counts only for volunteers who check out themselves.
    return Departure(left, minutes_served(max(came, starts_at), left, policy))
