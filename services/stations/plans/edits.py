"""The edit of a plan, as it was previewed: of one visit at once, of the others by a message to each home."""

from datetime import date, datetime

from services.stations.needs.domain.need import Need
from services.stations.needs.domain.planned import find_obstacle
from services.stations.needs.planned import call_off_need, move_need
from services.stations.needs.policy import NeedsPolicy
from services.stations.plans.domain.editing import edited_plan, find_new_time, find_visit
from services.stations.plans.domain.home import PlanCursor, PlanHome, require_active, with_ahead
from services.stations.plans.domain.occurrence import Occurrence, called_off, edited, occurrence_id_of, planned_visit
from services.stations.plans.domain.plan import Plan
from services.stations.plans.plain_plans import PLANS
from services.stations.plans.policy import PlansPolicy
from services.stations.plans.visits import OCCURRENCES, Policies, calendar_loads, look_at_home, look_at_homes, visits_of
from shared.contracts.refusals import Refused
from shared.contracts.stations.occurrences import OccurrenceCancelled, OccurrenceMoved
from shared.contracts.stations.plans import EditPlan, PlanEdited
from shared.engine import Get, Handling, Incoming, Loading, UnitOfWork, take_turn
from shared.engine.plain import check_version


def edit_plan(message: Incoming[EditPlan], policy: PlansPolicy, needs_policy: NeedsPolicy) -> Handling:
    """Edit visits that are ahead. Answers PlanShape.

    Raises Refused("invalid", "preview_first") without the version of the preview, and as `edited_plan` or `find_visit`
    and `find_new_time` do; "wrong_state" for one visit whose service has begun.
    """
    asked = message.data
    work = yield from take_turn(lambda: _load(message))
    before = work.reach(Plan, asked.id, "id")
    if asked.expected_version is None:
        raise Refused("invalid", "preview_first", field="If-Match")
    check_version(before, PLANS.kind, asked.expected_version)
    if asked.home_id is not None and asked.on is not None:
        _edit_visit(work, asked, before, (asked.home_id, asked.on), Policies(policy, needs_policy))
        return PLANS.describe(before)
    after = edited_plan(asked, before, work.now, policy.zone)
    if after is not before:
        look_at_homes(work, after)
    return PLANS.store(work, before, after, PlanEdited)


def _load(message: Incoming[EditPlan]) -> Loading:
    asked = message.data
    work = yield [Get(Plan, asked.id, message.actor.area)]
    plan = work.get(Plan, asked.id)
    if plan is None or asked.home_id is None or asked.on is None:
        return
    visit_id = occurrence_id_of(asked.home_id, asked.on)
    work = yield [
        Get(PlanHome, asked.home_id, message.actor.area), Get(PlanCursor, asked.home_id), Get(Occurrence, visit_id),
        *calendar_loads(plan, work.now),
    ]  # fmt: skip
    known = work.get(Occurrence, visit_id)
    if known is not None and known.need_id is not None:
        yield [Get(Need, known.need_id)]


def _edit_visit(work: UnitOfWork, asked: EditPlan, plan: Plan, which: tuple[str, date], policies: Policies) -> None:
    home_id, on = which
    home = work.reach(PlanHome, home_id, "home_id")
    if home.plan_id != plan.id:
        raise Refused("not_found", "unknown_id", field="home_id", kind="home", id=home.id)
    require_active(home, "home_id")
    before = work.get(Occurrence, occurrence_id_of(home.id, on))
    visit = find_visit(plan, before, visits_of(work, plan, policies.plans), on, work.now)
    known = before or planned_visit(home, visit)
    times = None if asked.cancelled else find_new_time(asked, plan, visit, work.now, policies.plans.zone)
    if times == (known.starts_at, known.ends_at):
        raise Refused("invalid", "nothing_amended", field="visit_time")
    _follow_need(work, known, times, policies.needs)
    after = called_off(known, work.now, own=True) if times is None else edited(known, *times, work.now)
    work.put(with_ahead(work.require(PlanCursor, home.id, "home_id"), (after.id,)))
    OCCURRENCES.store(work, before, after, OccurrenceCancelled if times is None else OccurrenceMoved)
    look_at_home(work, plan.id, home.id)


def _follow_need(
    work: UnitOfWork, visit: Occurrence, times: tuple[datetime, datetime] | None, policy: NeedsPolicy
) -> None:
    """Move the need of the visit to the times, or call it off. Raises Refused("wrong_state") where it cannot follow."""
    if visit.state != "made" or visit.need_id is None:
        return
    need = work.require(Need, visit.need_id, "on")
    obstacle = find_obstacle(need)
    if obstacle is not None:
        raise Refused("wrong_state", "visit_hindered", field="on", obstacle=obstacle, need=need.id)
    if times is None:
        call_off_need(work, need, policy)
    else:
        move_need(work, need, *times, policy)
