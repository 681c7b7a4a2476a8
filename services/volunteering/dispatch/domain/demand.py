"""The demand of a staffing, in the terms of matching."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from services.volunteering.dispatch.domain.decision import MAX_CHANGES
from services.volunteering.dispatch.domain.dispatch_states import ASKED_AGAIN
from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.matching.domain.availability import week_slot
from services.volunteering.matching.domain.demand import Demand
from services.volunteering.matching.domain.requirement import Requirement
from services.volunteering.matching.policy import MatchingPolicy
from shared.contracts.priority_bands import find_first_band

URGENT_BAND: Final = 3
"""The lowest band at registration whose needs may make the last offer of a volunteer's week: 60 points.

Needs that come earlier in the week would else leave nobody to ask for the most urgent. Waiting does not count here:
within hours all others would have risen, and used the offer up.
"""


def demand_of(
    staffing: Staffing,
    missing: int,
    dispatches: Collection[Dispatch],
    policy: DispatchPolicy,
    matching_policy: MatchingPolicy,
    *,
    now: datetime,
    later: bool = False,
) -> Demand:
    """Return the demand for the people `missing`, at most 100 at once, leaving out the receivers of the dispatches.

    It is a `later` one where the need has not waited yet.
    """
    people = min(missing, MAX_CHANGES)
    return Demand(
        requirement=_requirement_of(staffing, matching_policy),
        people=people,
        # As many as a wave may ask; more could not be engaged by one decision.
        enough=min(people * policy.wave_factor, MAX_CHANGES),
        # Sorted, so that equal searches are equal.
        already=tuple(sorted({dispatch.volunteer_id for dispatch in dispatches})),
        limits=matching_policy.ask_limits(now, urgent=find_first_band(staffing.score) >= URGENT_BAND),
        bounds=matching_policy.standing_bounds,
        later=later,
        settled=frozenset(one.volunteer_id for one in dispatches if one.state not in ASKED_AGAIN),
        carers=staffing.carers,
    )


def _requirement_of(staffing: Staffing, matching_policy: MatchingPolicy) -> Requirement:
    _, starts, ends = staffing.hold("")
    return Requirement(
        need_id=staffing.id,
        lon=staffing.place[0],
        lat=staffing.place[1],
        area=staffing.area,
        tags=staffing.tags,
        starts=starts,
        ends=ends,
        week=week_slot(staffing.starts_at, staffing.ends_at, matching_policy.city_zone),
        year=staffing.starts_at.year,
        older_old=staffing.older_old,
        risky=not matching_policy.asked_always.isdisjoint((staffing.theme, *staffing.groups)),
    )
