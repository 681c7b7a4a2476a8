"""The minutes of a service: the part of the presence that lies within the slot, rounded and capped."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from services.volunteering.timebank.policy import TimebankPolicy

MINUTE: Final = timedelta(minutes=1)


class Span(NamedTuple):
    """A time from its first instant up to its last: a presence, or a slot."""

    begins: datetime
    ends: datetime


def counted_span(presence: Span, slot: Span, grace: timedelta) -> Span:
    """Return the part of the presence that counts: from the slot's beginning on, up to `grace` after its end.

    Where none does, it ends no later than it begins.
    """
    return Span(max(presence.begins, slot.begins), min(presence.ends, slot.ends + grace))


def is_empty(span: Span) -> bool:
    """Return whether the span holds no time at all."""
    return span.ends <= span.begins


def minutes_served(presence: Span, slot: Span, policy: TimebankPolicy) -> int:
    """Return the whole minutes of the presence that count, 0 to `entry_cap_minutes`, rounded as the policy has it.

    Service is recorded as it was: Regulations on Voluntary Service (志愿服务条例, 2017), art. 19.
    """
    begins, ends = counted_span(presence, slot, policy.credit_grace)
    whole, rest = divmod(ends - begins, MINUTE)
    begun = int(policy.begun_minutes_count and rest > timedelta())
    # Below zero where it ended before the slot began, or two replicas' clocks disagree about a very short stay.
    return max(0, min(whole + begun, policy.entry_cap_minutes))
