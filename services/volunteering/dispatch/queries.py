"""The queries of dispatch: read-only questions that others ask by RPC, and the list that the sampler counts."""

from datetime import datetime
from typing import Final

from services.volunteering.dispatch.domain.answers import dispatch_answer, staffing_answer
from services.volunteering.dispatch.domain.staffing import Staffing, need_of
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.storage import MAX_MILLIS
from services.volunteering.matching.policy import MatchingPolicy
from shared.contracts.volunteering.dispatch import (
    DispatchAnswer,
    ReadDispatch,
    ReadStaffing,
    ReadStandingTerms,
    StaffingAnswer,
    StandingTerms,
)
from shared.engine import Census, QueryTable, Store
from shared.runtime.audit import area_within

MOST_COUNTED: Final = 100_000
"""A census ends there: it has to stay cheap."""


def read_dispatch(query: ReadDispatch, store: Store) -> DispatchAnswer | None:
    """Return the dispatch; None where there is none."""
    staffing = find_staffing(store, need_of(query.dispatch_id) or "")
    dispatch = None if staffing is None else staffing.dispatch(query.dispatch_id)
    return None if staffing is None or dispatch is None else dispatch_answer(staffing, dispatch)


def read_staffing(query: ReadStaffing, store: Store) -> StaffingAnswer | None:
    """Return a need's dispatches, the rings tried and the reasons for waiting; None where the need is unknown."""
    staffing = find_staffing(store, query.need_id)
    return None if staffing is None else staffing_answer(staffing)


def read_standing_terms(
    _: ReadStandingTerms, __: Store, policy: DispatchPolicy, matching_policy: MatchingPolicy
) -> StandingTerms:
    """Return the bounds within which standing acceptance confirms a volunteer unasked."""
    return StandingTerms(
        day_hours=matching_policy.standing_day_hours,
        week_hours=matching_policy.standing_week_hours,
        begins=matching_policy.standing_from,
        ends=matching_policy.standing_until,
        minors_begin=matching_policy.minors_from,
        minors_end=matching_policy.minors_until,
        always_asked=tuple(sorted(matching_policy.asked_always)),
        grace_minutes=policy.standing_grace_seconds // 60,
        travel_kilometres_an_hour=matching_policy.travel_kilometres_an_hour,
        travel_free_metres=matching_policy.travel_free_metres,
    )


def find_staffing(store: Store, need_id: str, reach: str = "") -> Staffing | None:
    """Return the need's staffing; None where there is none within the area `reach`, which is everywhere if empty.

    Raises PyMongoError.
    """
    found = store[Staffing.collection].find_one({"_id": need_id, **area_within(reach)}, max_time_ms=MAX_MILLIS)
    return None if found is None else Staffing.from_document(found)


def count_waiting(store: Store, _: datetime) -> dict[str, float]:
    """Return the number of needs that still look for people, 100,000 at most."""
    rule = {"waiting_in": {"$type": "string"}}
    counted = store[Staffing.collection].count_documents(rule, hint="waiting", limit=MOST_COUNTED, maxTimeMS=MAX_MILLIS)
    return {"": counted}


CENSUSES: Final = (Census("lianshan_staffings_waiting", "Needs that still look for volunteers.", count_waiting),)
QUERIES: Final[QueryTable] = {
    ReadDispatch: read_dispatch,
    ReadStaffing: read_staffing,
    ReadStandingTerms: read_standing_terms,
}
