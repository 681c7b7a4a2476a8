"""The filling of vacancies: confirm volunteers with standing acceptance, offer to others, explain a shortage."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from services.volunteering.dispatch.domain.decision import StaffingDecision
from services.volunteering.dispatch.domain.demand import demand_of
from services.volunteering.dispatch.domain.expiry import expiry_of_offer
from services.volunteering.dispatch.domain.explanation import IN_VAIN, explain_rings, explain_waiting
from services.volunteering.dispatch.domain.staffing import Dispatch
from services.volunteering.matching.candidate_pools import NO_POOLS, Pools, skilled_pool
from services.volunteering.matching.candidate_search import CandidateSearch, Searching, search_rings
from services.volunteering.matching.domain.requirement import Demand
from services.volunteering.matching.domain.rings import RINGS
from services.volunteering.matching.domain.scoring import Candidate, take_offers, take_standing
from services.volunteering.matching.domain.volunteers import Volunteer, booked, offered, released
from services.volunteering.matching.policy import MatchingPolicy
from shared.engine import Get, Load, UnitOfWork

PARTS_TOGETHER: Final = timedelta(minutes=1)
"""The parts of a wave that go out within this time share its deadline."""


def fill_vacancies(work: UnitOfWork, decision: StaffingDecision, demand: Demand, pools: Pools) -> Searching:
    """Fill the vacancies as far as people are found; at most 6 rounds of loading.

    `pools` are those that `load_pools` brought before the turn, NO_POOLS where it did not run.
    """
    if demand.people <= 0:
        return work
    if not decision.room:
        decision.stop_wave()
        return work
    search = CandidateSearch(demand, decision.now)
    work = yield from search_rings(work, search, pools)
    room = decision.room
    standing = take_standing(search.candidates, min(demand.people, room))
    left = decision.missing - len(standing)
    # Offers that are still open count: their receivers keep the chance before others are asked.
    wanted = max(0, left * decision.policy.wave_factor - decision.count("offered"))
    offers = take_offers(search.candidates, min(wanted, room - len(standing)))
    if len(standing) + len(offers) == room and (len(offers) < wanted or (len(standing) == room and left > 0)):
        decision.stop_wave()
    _engage(work, decision, standing, offers)
    short = not decision.unfinished and len(offers) < wanted and decision.count("offered") < decision.missing
    if short:
        # The searches brought free people only; the explanation needs the others, too.
        skilled = skilled_pool(demand.requirement)
        work = yield [skilled]
        search.add(work.find(skilled))
        decision.record_waiting(explain_waiting(decision, decision.policy.recheck_interval))
    engaged = [dispatch for dispatch in decision.dispatches if dispatch.wave == decision.wave]
    tried = explain_rings(demand.requirement, engaged, search.rejected if short else None)
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
    """Take back the open offers once nobody is missing any more: first come, first served.

    Those that do not fit into the decision follow at once.
    """
    if decision.missing > 0 or not decision.count("offered"):
        return work
    every_offer = [dispatch for dispatch in decision.dispatches if dispatch.state == "offered"]
    open_offers = every_offer[: decision.room]
    decision.unfinished |= len(open_offers) < len(every_offer)
    work = yield volunteers_of(open_offers)
    for dispatch in open_offers:
        decision.change(dispatch, state="cancelled")
        volunteer = work.require(Volunteer, dispatch.volunteer_id, "volunteer_id")
        work.put(released(volunteer, dispatch.id, decision.now))
    return work


def volunteers_of(dispatches: Iterable[Dispatch]) -> list[Load]:
    """Return the loads of the dispatches' volunteers."""
    return [Get(Volunteer, dispatch.volunteer_id) for dispatch in dispatches]


def _deadline_of_wave(decision: StaffingDecision) -> datetime:
    """Return the instant at which the wave's offers expire: the parts of a wave share that of the first."""
    own = expiry_of_offer(decision.now, decision.policy.offer_duration, decision.before.ends_at)
    if not decision.before.wave_open:
        return own
    before = (d.expires_at for d in decision.dispatches if d.wave == decision.wave and d.expires_at is not None)
    first = min(before, default=own)
    # A part that was held up, as by a pause of the service, leaves its receivers their own time.
    return first if own - first <= PARTS_TOGETHER else own


def _engage(
    work: UnitOfWork, decision: StaffingDecision, standing: Sequence[Candidate], offers: Sequence[Candidate]
) -> None:
    # Staffing and volunteers are put in one unit of work: the version guards let both change or neither (L4).
    staffing = decision.before
    for candidate in standing:
        dispatch = decision.add(candidate.volunteer_id, "accepted", RINGS[candidate.ring], candidate.why, None)
        work.put(booked(candidate.volunteer, staffing.hold(dispatch.id), decision.now))
    expires_at = _deadline_of_wave(decision)
    for candidate in offers:
        dispatch = decision.add(candidate.volunteer_id, "offered", RINGS[candidate.ring], candidate.why, expires_at)
        work.put(offered(candidate.volunteer, staffing.hold(dispatch.id), decision.now))
