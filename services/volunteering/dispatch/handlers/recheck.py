"""The recheck of a staffing whose time has come, and the patrol that finds those without a timer."""

from collections.abc import Generator, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from services.volunteering.dispatch.conclusion import conclude
from services.volunteering.dispatch.domain.decision import StaffingDecision
from services.volunteering.dispatch.domain.demand import demand_of
from services.volunteering.dispatch.domain.patrol import PATROL, Patrol
from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.dispatch.patrol import keep_patrol, schedule_patrol
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.progress import apply_due, load_due, loads_for_due
from services.volunteering.dispatch.storage import OverdueStaffings
from services.volunteering.dispatch.timers import PatrolDue, StaffingDue, recheck_soon
from services.volunteering.dispatch.vacancies import refill_vacancies
from services.volunteering.matching.candidate_pools import NO_POOLS, Pools, first_pool, load_pools
from services.volunteering.matching.domain.demand import Demand
from services.volunteering.matching.policy import MatchingPolicy
from services.volunteering.timebank.policy import TimebankPolicy
from shared.engine import TURN, Get, Handling, Incoming, Load, Loading, UnitOfWork, take_turn
from shared.engine.store.replicas import Share

BUSY_PATROL: Final = timedelta(seconds=5)
"""How soon the patrol comes again when there was more than it could look at."""
PUNCTUAL: Final = timedelta(seconds=10)
"""A staffing overdue by less may still have a timer of its own about to fire."""


def recheck_staffing(
    message: Incoming[StaffingDue],
    policy: DispatchPolicy,
    matching_policy: MatchingPolicy,
    timebank_policy: TimebankPolicy,
    share: Share,
) -> Handling:
    """Expire offers, release no-shows, check out the forgotten, then search again where people are missing.

    At most 7 rounds of loading before the turn and 7 in it, within the engine's bound (`MAX_ROUNDS`): only a no-show
    frees somebody whom other needs wait for, and then the slot is over and nobody is searched for.
    """
    need_id = message.data.need_id
    work = yield [Get(Staffing, need_id), Get(Patrol, PATROL)]
    known = work.get(Staffing, need_id)
    if known is None:
        return
    pools: Pools = NO_POOLS
    if known.missing > 0 and known.can_search(work.now):
        demand = demand_of(
            known, known.missing, known.since_opened(known.dispatches), policy, matching_policy, now=work.now
        )
        pools = yield from _load_candidates(work, known, demand, share)
    # Only the due changes are loaded again in the turn. Pools are not: a batch of rechecks uses them up one after
    # another, and each would load its own, alone; the search goes further by itself, through one pool for all.
    work = yield from take_turn(partial(_load_due, work, need_id, matching_policy))
    known = work.get(Staffing, need_id)
    if known is None:
        return
    decision = StaffingDecision(known, work.now, policy)
    apply_due(work, decision, timebank_policy, matching_policy)
    if not decision.unfinished and decision.missing > 0:
        work = yield from refill_vacancies(work, decision, matching_policy, pools)
    conclude(work, decision)
    keep_patrol(work, policy.recheck_interval)


def _load_due(work: UnitOfWork, need_id: str, matching_policy: MatchingPolicy) -> Loading:
    staffing = work.get(Staffing, need_id)
    if staffing is not None:
        yield from load_due(work, staffing, matching_policy)


def _load_candidates(
    work: UnitOfWork, staffing: Staffing, demand: Demand, share: Share
) -> Generator[Sequence[Load], UnitOfWork, Pools]:
    first = first_pool(demand.requirement, demand.enough, demand.limits, share.part)
    # With the due loads in one round, so that the volunteers of a batch's rechecks come with one query.
    work = yield [*loads_for_due(staffing, work), first]
    return (yield from load_pools(work, demand, first))


def run_patrol(_: Incoming[PatrolDue], policy: DispatchPolicy) -> Handling:
    """Recheck the overdue staffings, the longest overdue first, page by page, and set the next patrol."""
    work = yield [Get(Patrol, PATROL)]
    patrol = work.get(Patrol, PATROL)
    overdue = OverdueStaffings(work.now - PUNCTUAL, None if patrol is None else patrol.seen)
    work = yield [overdue]
    work = yield TURN
    found = work.find(overdue)
    for nth, staffing in enumerate(found):
        recheck_soon(work, staffing.id, nth)
    last = found[-1] if len(found) == overdue.limit else None
    seen = None if last is None or last.watch_at is None else (last.watch_at, last.id)
    schedule_patrol(work, policy.recheck_interval if seen is None else BUSY_PATROL, seen)
