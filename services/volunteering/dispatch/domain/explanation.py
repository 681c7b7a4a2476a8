"""The explanation of a search (L6): the yield of each ring, or the reason against its people, and why a need waits.

These reasons are stored with the staffing and never speak of one person.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from services.volunteering.dispatch.domain.decision import StaffingDecision
from services.volunteering.dispatch.domain.staffing import Dispatch
from services.volunteering.matching.domain.requirement import Requirement
from services.volunteering.matching.domain.rings import RINGS, rings_for
from services.volunteering.matching.domain.scoring import KEPT, OVERFLOW, Rejected
from services.volunteering.matching.domain.volunteers import ANY_TAG
from shared.contracts.need_parts import Tried, Waiting
from shared.contracts.reasons import Reason, reason
from shared.contracts.refusals import MAX_ARG_CHARACTERS
from shared.contracts.volunteering.dispatch import Ring

_COUNTED: Final[Mapping[str, Callable[[int], Reason]]] = {
    "asked_before": lambda count: reason("asked_before", count=count),
    "booked_then": lambda count: reason("booked_then", count=count),
    "unavailable_then": lambda count: reason("unavailable_then", count=count),
    KEPT: lambda count: reason("kept_for_waiting", count=count),
    "no_time_to_travel": lambda count: reason("no_time_to_travel", count=count),
    "outside_minors_hours": lambda count: reason("outside_minors_hours", count=count),
    "asked_enough_this_week": lambda count: reason("asked_enough_this_week", count=count),
    "too_many_open_offers": lambda count: reason("too_many_open_offers", count=count),
}
"""The reasons against the people of a ring, by the words of `scoring`."""
NOBODY: Final = (0, 0, 0)
"""The people of a ring who are confirmed, offered to, and of the overflow."""


def explain_rings(
    requirement: Requirement, engaged: Iterable[Dispatch], rejected: Rejected | None
) -> tuple[Tried, ...]:
    """Return each ring that was searched, with the people it gave or the reason why it gave none.

    `engaged` are the dispatches of the wave, also those of its earlier parts.
    `rejected` are the reasons by ring, for all rings; None where the search ended with enough people.
    """
    given: dict[Ring, tuple[int, int, int]] = {}
    for dispatch in engaged:
        confirmed, offered, overflow = given.get(dispatch.ring, NOBODY)
        overflow += dispatch.why.code == OVERFLOW
        given[dispatch.ring] = (confirmed + dispatch.standing, offered + (not dispatch.standing), overflow)
    last = max(map(RINGS.index, given), default=-1)
    tried = []
    for ring in rings_for(requirement.area):
        if ring > last and rejected is None:
            break  # nobody looked farther than the ring that filled the headcount
        name = RINGS[ring]
        if name in given:
            tried.append(_explain_yield(name, *given[name]))
        else:
            reasons = tuple(_reasons_for_none(requirement, ring, rejected))
            tried.append(Tried(ring=name, gave=0, reasons=reasons, line_id=None))
    return tuple(tried)


@lru_cache(maxsize=256)  # most needs are given one person or two by their own ring
def _explain_yield(ring: Ring, confirmed: int, offered: int, overflow: int) -> Tried:
    """Return a ring with the people it gave: confirmed and offered to, some of them of the overflow."""
    found = [reason("confirmed_by_standing", count=confirmed)] if confirmed else []
    if offered:
        found.append(reason("offers_sent", count=offered))
    if overflow:
        found.append(reason("from_overflow", count=overflow))
    return Tried(ring=ring, gave=confirmed + offered, reasons=tuple(found), line_id=None)


def _reasons_for_none(requirement: Requirement, ring: int, rejected: Rejected | None) -> list[Reason]:
    if rejected is None:
        return [reason("nobody_suitable_free")]
    against = rejected.get(ring)
    if against:
        parts = [_COUNTED[code](count) for code, count in sorted(against.items())]
        return [reason("suitable_but_not_free", count=sum(against.values())), *parts]
    if requirement.tags == (ANY_TAG,):
        return [reason("nobody_near_enough")]
    return [reason("nobody_near_enough_with", tags=_fit_text(requirement.tags))]


def _fit_text(tags: Iterable[str]) -> str:
    """Return as many of the tags as fit into one value of a reason."""
    text = ",".join(tags)
    return text if len(text) <= MAX_ARG_CHARACTERS else text[:MAX_ARG_CHARACTERS].rpartition(",")[0]


def explain_waiting(decision: StaffingDecision, interval: timedelta) -> Waiting:
    """Return why the need waits for people, and that it is searched for again, first after `interval`."""
    headcount = decision.before.headcount
    minutes = max(1, int(interval.total_seconds() // 60))
    return Waiting(
        for_what=reason("for_volunteers"),
        reason=reason(
            "people_missing", found=headcount - decision.missing, headcount=headcount, asked=decision.count("offered")
        ),
        next_step=reason("searched_again", minutes=minutes),
    )


def explain_pause(decision: StaffingDecision, asks_from: datetime) -> Waiting:
    """Return that nobody is asked in the quiet hours, and the instant from which people are asked."""
    headcount = decision.before.headcount
    return Waiting(
        for_what=reason("for_volunteers"),
        reason=reason("quiet_hours", found=headcount - decision.missing, headcount=headcount),
        next_step=reason("asked_in_the_morning", at=asks_from.isoformat()),
    )
