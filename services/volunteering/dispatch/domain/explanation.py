"""The explanation of a search (L6): the yield of each ring, or the reason against its people, and why a need waits.

These words are stored with the staffing and never speak of one person.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from services.volunteering.dispatch.domain.decision import StaffingDecision
from services.volunteering.matching.domain.requirement import Requirement
from services.volunteering.matching.domain.rings import RINGS, rings_for
from services.volunteering.matching.domain.scoring import Candidate, Rejected
from services.volunteering.matching.domain.volunteers import ANY_TAG
from shared.contracts.need_parts import Tried, Waiting

_STANDING: Final = "confirmed by standing acceptance"
_OFFERED: Final = "offered"

_NEXT_FOR_STATION: Final = "The station cancels the need, or publishes a new one with a later slot."
TOO_LATE: Final = Waiting(
    for_what="volunteers",
    reason="The time slot is over, or began more than a day ago.",
    next_step=_NEXT_FOR_STATION,
)
"""The reason of a need that is published too late to be staffed."""
IN_VAIN: Final = Waiting(
    for_what="volunteers",
    reason="The time slot is over, or too many people have been asked in vain.",
    next_step=_NEXT_FOR_STATION,
)
"""The reason of a need whose search has ended."""


def explain_rings(
    requirement: Requirement,
    standing: Sequence[Candidate],
    offers: Sequence[Candidate],
    rejected: Rejected | None,
) -> tuple[Tried, ...]:
    """Return each ring that was searched, with the people it gave or the reason why it gave none.

    `rejected` are the reasons by ring, for all rings; None where the search ended with enough people.
    """
    confirmed, offered = Counter(c.ring for c in standing), Counter(c.ring for c in offers)
    last = max((c.ring for c in (*standing, *offers)), default=-1)
    tried = []
    for ring in rings_for(requirement.area):
        if ring > last and rejected is None:
            break  # nobody looked farther than the ring that filled the headcount
        gave = [f"{n} {how}" for n, how in ((confirmed[ring], _STANDING), (offered[ring], _OFFERED)) if n]
        reason = ", ".join(gave) or _reason_for_none(requirement, ring, rejected)
        given = confirmed[ring] + offered[ring]
        tried.append(Tried(ring=RINGS[ring], gave=given, reason=reason, line_id=None))
    return tuple(tried)


def _reason_for_none(requirement: Requirement, ring: int, rejected: Rejected | None) -> str:
    if rejected is None:
        return "nobody suitable there is free"
    reasons = rejected.get(ring)
    if reasons:
        parts = ", ".join(f"{n} {reason}" for reason, n in sorted(reasons.items()))
        return f"{sum(reasons.values())} suitable: {parts}"
    if requirement.tags == (ANY_TAG,):
        return "no volunteer near enough lives there"
    return f"nobody near enough with {', '.join(requirement.tags)} lives there"


def explain_waiting(decision: StaffingDecision, interval: timedelta) -> Waiting:
    """Return why the need waits for people, and that it is searched for again, first after `interval`."""
    headcount = decision.before.headcount
    minutes = max(1, int(interval.total_seconds() // 60))
    return Waiting(
        for_what="volunteers",
        reason=f"{headcount - decision.missing} of {headcount} found, {decision.count('offered')} asked; "
        "nobody else within reach is suitable and free",
        next_step="It is tried again when a volunteer registers or is freed, "
        f"and by itself, first after {minutes} min.",
    )
