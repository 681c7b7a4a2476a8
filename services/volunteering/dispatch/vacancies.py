"""The filling of vacancies: confirm volunteers with standing acceptance, offer to others, explain a shortage."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from services.volunteering.dispatch.domain.asked_people import AskedPeople, find_askable
from services.volunteering.dispatch.domain.decision import StaffingDecision
from services.volunteering.dispatch.domain.demand import demand_of
from services.volunteering.dispatch.domain.expiry import find_asking_pause, find_expiry
from services.volunteering.dispatch.domain.explanation import explain_pause, explain_rings, explain_waiting
from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from services.volunteering.matching.candidate_pools import NO_POOLS, Pools, skilled_pool
from services.volunteering.matching.candidate_search import CandidateSearch, Searching, search_rings
from services.volunteering.matching.domain.asks import week_of
from services.volunteering.matching.domain.demand import Demand
from services.volunteering.matching.domain.rings import RINGS
from services.volunteering.matching.domain.scoring import KEPT, Candidate, find_suitable, take_offers
from services.volunteering.matching.domain.volunteers import KEPT_FOR_WAITING, Volunteer, booked, offered, released
from services.volunteering.matching.policy import MatchingPolicy
from shared.engine import Get, Load, UnitOfWork

PARTS_TOGETHER: Final = timedelta(minutes=1)
"""The parts of a wave that go out within this time share its deadline."""


def fill_vacancies(
    work: UnitOfWork, decision: StaffingDecision, demand: Demand, pools: Pools, zone: ZoneInfo
) -> Searching:
    """Fill the vacancies with the people found; at most 6 rounds of loading, one more without `passed_over_loads`.

    `pools` are those that `load_pools` brought before the turn, NO_POOLS where it did not run. In the quiet hours, in
    the city's `zone`, only standing acceptance counts.
    """
    if demand.people <= 0:
        return work
    room = decision.room
    if not room:
        decision.stop_wave()
        return work
    if (week := week_of(decision.now, zone)) != demand.limits.week:  # an event may have waited since the week before
        demand = demand._replace(limits=demand.limits._replace(week=week))
    askable = find_askable(decision.before, decision.dispatches, decision.policy.most_asks)
    if missing := work.missing(_people((*askable.first, *_unasked_carers(demand)))):
        work = yield missing
    first, covered, demand = _find_next_in_line(work, demand, askable, decision.now)
    search = CandidateSearch(demand, decision.now)
    if len(first) + len(covered) < demand.people:
        work = yield from search_rings(work, search, pools)
    standing = [*covered, *search.standing][: min(demand.people - len(first), room)]
    if len(standing) == decision.missing:
        # Nobody has to be asked, as for most needs.
        _engage(work, decision, standing, (), zone)
        _record(decision, search, short=False)
        return work
    if len(standing) < demand.people:
        decision.asks_from = find_asking_pause(decision.before, decision.now, decision.policy, zone)
    wave = Wave(decision, len(standing))
    wave.take(first)
    work = yield from _take_others(work, wave, search, first, askable.silent)
    if wave.cut_off:
        decision.stop_wave()
    _engage(work, decision, standing, wave.offers, zone)
    _record(decision, search, short=wave.short)
    return work


def _find_next_in_line(
    work: UnitOfWork, demand: Demand, askable: AskedPeople, now: datetime
) -> tuple[list[Candidate], list[Candidate], Demand]:
    """Return the people to ask before others, those to confirm without asking, and the demand without both.

    They keep the chance that they had before others were quicker, and come before standing acceptance, too. Then come
    the carers whom the home of a care plan knows. Standing acceptance covers them, and some of those booked for a
    former slot, for this one as well.
    """
    first = find_suitable(demand, _known(work, askable.first), now=now, same_ask=True)[: demand.people]
    carers = find_suitable(demand, _known(work, _unasked_carers(demand)), now=now)[: demand.people - len(first)]
    if not askable.booked_before and not carers:
        return first, [], demand
    at_once = {*askable.booked_before, *(one.volunteer_id for one in carers)}
    first += carers
    covered = [one for one in first if one.volunteer_id in at_once and one.unasked]
    already = tuple(sorted({*demand.already, *(one.volunteer_id for one in first)}))
    return [one for one in first if one not in covered], covered, demand._replace(already=already)


def _unasked_carers(demand: Demand) -> list[str]:
    return [carer for carer in demand.carers if carer not in demand.already]


class Wave:
    """The offers of one decision: as many as the policy allows for the `left` people and as its event has room for."""

    def __init__(self, decision: StaffingDecision, standing: int) -> None:
        self.left = decision.missing - standing
        self.offers: list[Candidate] = []
        self._open = decision.count("offered")
        self._room = decision.room - standing
        # Offers that are still open count: their receivers keep the chance before others are asked.
        each = decision.policy.offers_each(decision.before.starts_at - decision.now)
        wanted = max(0, self.left * each - self._open)
        self._wanted = 0 if decision.asks_from is not None else wanted

    def take(self, candidates: Iterable[Candidate]) -> None:
        """Add the candidates as far as there is a place for them."""
        self.offers += islice(candidates, max(0, min(self._wanted, self._room) - len(self.offers)))

    @property
    def short(self) -> bool:
        """Whether too few people are asked although there is room for more offers."""
        asked = self._open + len(self.offers)
        return not self.cut_off and len(self.offers) < self._wanted and asked < self.left

    @property
    def cut_off(self) -> bool:
        """Whether the decision has no room for the rest of the wave."""
        return len(self.offers) >= self._room and (
            len(self.offers) < self._wanted or (self._room == 0 and self.left > 0)
        )


def _take_others(
    work: UnitOfWork, wave: Wave, search: CandidateSearch, first: Sequence[Candidate], silent: Iterable[str]
) -> Searching:
    """Add the candidates of the search after those who are `first`, then the people who have not answered before."""
    if len(first) < wave.left:
        wave.take(take_offers(search.candidates))
    if wave.short:
        # The searches brought free people only; the explanation needs the others, too.
        skilled = skilled_pool(search.demand.requirement)
        work = yield [skilled, *_people(silent)]
        wave.take(find_suitable(search.demand, _known(work, silent), now=search.now))
        search.add(work.find(skilled))
    return work


def _record(decision: StaffingDecision, search: CandidateSearch, *, short: bool) -> None:
    if decision.asks_from is not None and decision.missing > decision.count("offered"):
        decision.record_waiting(explain_pause(decision, decision.asks_from))
    elif short:
        if any(KEPT in against for against in search.rejected.values()):
            decision.again_at = decision.now + KEPT_FOR_WAITING + timedelta(seconds=1)
        decision.record_waiting(explain_waiting(decision, decision.policy.recheck_interval))
    engaged = [dispatch for dispatch in decision.dispatches if dispatch.wave == decision.wave]
    tried = explain_rings(search.demand.requirement, engaged, search.rejected if short else None)
    decision.record_search(tried, short=short)


def refill_vacancies(
    work: UnitOfWork, decision: StaffingDecision, matching_policy: MatchingPolicy, pools: Pools = NO_POOLS
) -> Searching:
    """Search again after a change, where that still makes sense; at most 6 rounds of loading.

    One more where the caller has not loaded the `passed_over_loads`.
    """
    staffing = decision.before
    if staffing.can_search(decision.now):
        missing, dispatches, now = decision.missing, staffing.since_opened(decision.dispatches), decision.now
        demand = demand_of(staffing, missing, dispatches, decision.policy, matching_policy, now=now)
        work = yield from fill_vacancies(work, decision, demand, pools, matching_policy.city_zone)
        # Either people lack, and the explanation was loaded, or nobody does, and the offers are: never both.
        return (yield from withdraw_offers(work, decision))
    return work


def passed_over_loads(staffing: Staffing) -> list[Load]:
    """Return the loads of the people who are first in line, for `refill_vacancies` in the turn."""
    return _people(find_askable(staffing, staffing.dispatches, 1).first)


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
    return _people(dispatch.volunteer_id for dispatch in dispatches)


def _people(ids: Iterable[str]) -> list[Load]:
    return [Get(Volunteer, volunteer_id) for volunteer_id in ids]


def _known(work: UnitOfWork, ids: Iterable[str]) -> list[Volunteer]:
    found = (work.get(Volunteer, volunteer_id) for volunteer_id in ids)
    return [volunteer for volunteer in found if volunteer is not None]


def _deadline_of_wave(decision: StaffingDecision, zone: ZoneInfo) -> datetime:
    """Return the instant at which the wave's offers expire: the parts of a wave share that of the first."""
    own = find_expiry(decision.before, decision.now, decision.policy, zone)
    if not decision.before.wave_open:
        return own
    before = (d.expires_at for d in decision.dispatches if d.wave == decision.wave and d.expires_at is not None)
    first = min(before, default=own)
    # A part that was held up, as by a pause of the service, leaves its receivers their own time.
    return first if own - first <= PARTS_TOGETHER else own


def _engage(
    work: UnitOfWork,
    decision: StaffingDecision,
    standing: Sequence[Candidate],
    offers: Sequence[Candidate],
    zone: ZoneInfo,
) -> None:
    staffing = decision.before
    # Staffing and volunteers are put in one unit of work: the version guards let both change or neither (L4).
    for candidate in standing:
        dispatch = decision.add(candidate.volunteer_id, "accepted", RINGS[candidate.ring], candidate.why, None)
        work.put(booked(candidate.volunteer, staffing.hold(dispatch.id), decision.now, staffing.place))
    if not offers:
        return
    # Also where an end took the offer back that was undone: it is the same ask.
    for_slot = islice(decision.dispatches, staffing.slot_since, None)
    before = {one.volunteer_id for one in for_slot if one.state == "cancelled"}
    if staffing.slot_since:
        # And of those whose booking ended because the slot was moved.
        before |= {one.volunteer_id for one in staffing.dispatches if one.comes_first}
    expires_at, week = _deadline_of_wave(decision, zone), week_of(decision.now, zone)
    for candidate in offers:
        again = candidate.volunteer_id in before
        dispatch = decision.add(candidate.volunteer_id, "offered", RINGS[candidate.ring], candidate.why, expires_at)
        hold = staffing.hold(dispatch.id)
        work.put(offered(candidate.volunteer, hold, decision.now, None if again else week))
