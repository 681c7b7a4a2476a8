"""The publication of a need: find its volunteers."""

from services.volunteering.dispatch.conclusion import conclude
from services.volunteering.dispatch.domain.carers import find_carers
from services.volunteering.dispatch.domain.decision import StaffingDecision
from services.volunteering.dispatch.domain.demand import demand_of
from services.volunteering.dispatch.domain.search_end import TOO_LATE
from services.volunteering.dispatch.domain.staffing import Staffing, staffing_for
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.storage import EarlierVisits
from services.volunteering.dispatch.vacancies import fill_vacancies
from services.volunteering.matching.candidate_pools import NO_POOLS, Pools, first_pool, load_pools
from services.volunteering.matching.policy import MatchingPolicy
from shared.contracts.stations.needs import NeedPublished
from shared.engine import TURN, Get, Handling, Incoming
from shared.engine.store.replicas import Share


def staff_need(
    message: Incoming[NeedPublished], policy: DispatchPolicy, matching_policy: MatchingPolicy, share: Share
) -> Handling:
    """Confirm volunteers for a published need, or offer to them, or put it on the waiting list.

    A need that is staffed already, or ended before its publication arrived, stays as it is.
    """
    staffing = staffing_for(message.data)
    if staffing is None:
        return
    # By the time of the event, so that the demand is known before anything is loaded.
    demand = demand_of(staffing, staffing.missing, (), policy, matching_policy, now=message.time, later=True)
    first = first_pool(demand.requirement, demand.enough, demand.limits, share.part)
    earlier = [] if staffing.series is None else [EarlierVisits(staffing.series, staffing.starts_at)]
    work = yield [Get(Staffing, staffing.id), first, *earlier]
    pools: Pools = NO_POOLS
    if staffing.can_search(work.now):
        pools = yield from load_pools(work, demand, first)
    # A plain turn: the demand comes from the message alone. Pools that others of the batch have used up meanwhile are
    # not loaded again, the search goes further by itself.
    work = yield TURN
    if work.get(Staffing, staffing.id) is not None:
        return
    for visits in earlier:
        staffing = staffing.model_copy(update={"carers": find_carers(work.find(visits))})
        demand = demand._replace(carers=staffing.carers)
    decision = StaffingDecision(staffing, work.now, policy)
    if staffing.can_search(work.now):
        work = yield from fill_vacancies(work, decision, demand, pools, matching_policy.city_zone)
    else:
        decision.record_waiting(TOO_LATE)
    conclude(work, decision)
