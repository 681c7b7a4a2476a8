"""The filling of vacancies: confirm volunteers with standing acceptance, offer to others, explain a shortage."""

from collections.abc import Iterable, Sequence

from services.volunteering.dispatch.domain.decision import MAX_CHANGES, StaffingDecision
from services.volunteering.dispatch.domain.demand import demand_of
from services.volunteering.dispatch.domain.expiry import expiry_of_offer
from services.volunteering.dispatch.domain.explanation import IN_VAIN, explain_rings, explain_waiting
from services.volunteering.dispatch.domain.staffing import Dispatch
from services.volunteering.matching.candidate_pools import NO_POOLS, Pools, skilled_pool
from services.volunteering.matching.candidate_search import CandidateSearch, Searching, search_rings
from services.volunteering.matching.domain.requirement import Demand
from services.volunteering.matching.domain.rings import RINGS
from services.volunteering.matching.domain.scoring import Candidate, take_offers, take_standing
from services.volunteering.matching.domain.volunteers import Volunteer, booked, month_of, offered, released
from services.volunteering.matching.policy import MatchingPolicy
from shared.engine import Get, Load, UnitOfWork


def fill_vacancies(work: UnitOfWork, decision: StaffingDecision, demand: Demand, pools: Pools) -> Searching:
    """Fill the vacancies as far as people are found; at most 6 rounds of loading.

    `pools` are those that `load_pools` brought before the turn, NO_POOLS where it did not run.
    """
    if demand.people <= 0:
        return work
    search = CandidateSearch(demand, month_of(decision.now))
    work = yield from search_rings(work, search, pools)
    standing = take_standing(search.candidates, demand.people)
    left = decision.missing - len(standing)
    # Offers that are still open count: their receivers keep the chance before others are asked.
    room = min(left * decision.policy.wave_factor, MAX_CHANGES - len(standing)) - decision.count("offered")
    offers = take_offers(search.candidates, max(0, room))
    decision.unfinished = len(standing) == MAX_CHANGES and left > 0
    _engage(work, decision, standing, offers)
    short = not decision.unfinished and len(offers) < room and decision.count("offered") < decision.missing
    if short:
        # The searches brought free people only; the explanation needs the others, too.
        skilled = skilled_pool(demand.requirement)
        work = yield [skilled]
        search.add(work.find(skilled))
        decision.record_waiting(explain_waiting(decision, decision.policy.recheck_interval))
    tried = explain_rings(demand.requirement, standing, offers, search.rejected if short else None)
    decision.record_search(tried, short=short)
    return work


def refill_vacancies(
    work: UnitOfWork, decision: StaffingDecision, matching_policy: MatchingPolicy, pools: Pools = NO_POOLS
) -> Searching:
    """Search again after a change, or explain why that makes no sense any more; at most 6 rounds of loading."""
    staffing = decision.before
    if staffing.can_search(decision.now):
        demand = demand_of(staffing, decision.missing, decision.dispatches, decision.policy, matching_policy)
        work = yield from fill_vacancies(work, decision, demand, pools)
        # Either people lack, and the explanation was loaded, or nobody does, and the offers are: never both.
        return (yield from withdraw_offers(work, decision))
    if not staffing.ended:
        decision.record_waiting(IN_VAIN)
    return work


def withdraw_offers(work: UnitOfWork, decision: StaffingDecision) -> Searching:
    """Take back the open offers once nobody is missing any more: first come, first served."""
    if decision.missing > 0 or not decision.count("offered"):
        return work
    open_offers = [dispatch for dispatch in decision.dispatches if dispatch.state == "offered"]
    work = yield volunteers_of(open_offers)
    for dispatch in open_offers:
        decision.change(dispatch, state="cancelled")
        work.put(released(work.require(Volunteer, dispatch.volunteer_id, "volunteer_id"), dispatch.id))
    return work


def volunteers_of(dispatches: Iterable[Dispatch]) -> list[Load]:
    """Return the loads of the dispatches' volunteers."""
    return [Get(Volunteer, dispatch.volunteer_id) for dispatch in dispatches]


def _engage(
    work: UnitOfWork, decision: StaffingDecision, standing: Sequence[Candidate], offers: Sequence[Candidate]
) -> None:
    # Staffing and volunteers are put in one unit of work: the version guards let both change or neither (L4).
    staffing = decision.before
    for candidate in standing:
        dispatch = decision.add(candidate.volunteer_id, "accepted", RINGS[candidate.ring], candidate.why, None)
        work.put(booked(candidate.volunteer, staffing.hold(dispatch.id), decision.now))
    expires_at = expiry_of_offer(decision.now, decision.policy.offer_duration, staffing.ends_at)
    for candidate in offers:
        dispatch = decision.add(candidate.volunteer_id, "offered", RINGS[candidate.ring], candidate.why, expires_at)
        work.put(offered(candidate.volunteer, staffing.hold(dispatch.id)))
