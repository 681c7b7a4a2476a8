"""The homes of plans: added by a need, visited by timers of their own, removed."""

from functools import partial
from typing import Final

from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import NeedText
from services.stations.needs.planned import take_over_draft
from services.stations.needs.policy import NeedsPolicy
from services.stations.network.domain import Station
from services.stations.plans.domain.home import (
    HomeDue,
    PlanCursor,
    PlanHome,
    added,
    find_home_step,
    home_id_of,
    removed,
)
from services.stations.plans.domain.plan import Plan, awaiting, closed_with_station, with_home, without_home
from services.stations.plans.plain_plans import PLANS
from services.stations.plans.policy import PlansPolicy
from services.stations.plans.visits import Policies, Reconciling, Visited, load_visits, look_at_home, look_at_homes
from shared.contracts.plain import Shape
from shared.contracts.refusals import Refused
from shared.contracts.stations.plan_homes import AddHome, HomeAdded, HomeRemoved, HomeShape, RemoveHome
from shared.contracts.stations.plans import PlanChanged, PlanEnded
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, UnitOfWork, take_turn
from shared.engine.decide.external_ids import Namer, keep_name, name_load
from shared.engine.plain import Plain, check_version
from shared.runtime.vault import Vault

HOMES: Final = Plain(PlanHome, "home", HomeShape, find_home_step)


def add_home(message: Incoming[AddHome], vault: Namer, needs_policy: NeedsPolicy) -> Handling:
    """Add the home of a need to a plan, and have its first visits made at once. Answers HomeShape.

    Raises Refused as `added` and `with_home` do, and "wrong_state" where the words about the home are erased.
    """
    asked, reach = message.data, message.actor.area
    home_id = home_id_of(asked.plan_id, asked.need_id)
    yield [
        Get(Plan, asked.plan_id, reach), Get(Need, asked.need_id, reach), Get(NeedText, asked.need_id),
        Get(PlanHome, home_id), Get(PlanCursor, home_id),
        *name_load(vault, message.actor.principal, HOMES.kind, asked.external_id),
    ]  # fmt: skip
    work = yield TURN
    plan, need = work.reach(Plan, asked.plan_id, "plan_id"), work.reach(Need, asked.need_id, "need_id")
    before = work.get(PlanHome, home_id)
    after_plan, after = with_home(plan, home_id), added(plan, need, before)
    if work.get(NeedText, need.id) is None:
        raise Refused("wrong_state", "words_erased", field="need_id")
    keep_name(work, vault, HOMES.kind, home_id, asked.external_id)
    take_over_draft(work, need, needs_policy)
    PLANS.store(work, plan, after_plan, PlanChanged)
    cursor = work.get(PlanCursor, home_id)
    work.put(
        PlanCursor(
            id=home_id, version=0 if cursor is None else cursor.version, plan_id=plan.id, area=plan.area,
            handled_until=work.now, words_of=need.id, ahead=() if cursor is None else cursor.ahead,
        )
    )  # fmt: skip
    look_at_home(work, plan.id, home_id)
    return HOMES.store(work, before, after, HomeAdded)


def remove_home(message: Incoming[RemoveHome]) -> Handling:
    """Visit a home no more, and have its visits that are ahead called off. Answers HomeShape."""
    asked = message.data
    work = yield [Get(PlanHome, asked.id, message.actor.area)]
    known = work.get(PlanHome, asked.id)
    if known is not None:
        yield [Get(Plan, known.plan_id)]
    work = yield TURN
    home = work.reach(PlanHome, asked.id, "id")
    check_version(home, HOMES.kind, asked.expected_version)
    after = removed(home, asked.reason, work.now)
    return store_removal(work, home, after)


def store_removal(work: UnitOfWork, before: PlanHome, after: PlanHome) -> Shape:
    """Store the removal of a home from its plan, and have its visits looked at. Needs the load of the plan."""
    plan = work.require(Plan, before.plan_id, "plan_id")
    PLANS.store(work, plan, without_home(plan, before.id), PlanChanged)
    look_at_home(work, plan.id, before.id)
    return HOMES.store(work, before, after, HomeRemoved)


def visit_home(message: Incoming[HomeDue], vault: Vault, policy: PlansPolicy, needs_policy: NeedsPolicy) -> Handling:
    """Lead the visits of a home to those that its plan has now; a home without words is removed.

    The plan of a station that was closed without a successor ends, and each of its homes is looked at again.
    A timer that comes early or again finds nothing to do.
    """
    due = message.data
    work = yield from take_turn(partial(load_visits, due.home_id, due.plan_id, policy))
    plan, home = work.get(Plan, due.plan_id), work.get(PlanHome, due.home_id)
    cursor = work.get(PlanCursor, due.home_id)
    if plan is None or home is None or cursor is None:
        return
    after = closed_with_station(plan, work.require(Station, plan.station_id, "station_id"), work.now)
    if after is not plan:
        PLANS.store(work, plan, after, PlanEnded)
        look_at_homes(work, after)
        return
    look = Reconciling(work, vault, Visited(plan, home, cursor), Policies(policy, needs_policy))
    if look.lacks_words:
        store_removal(work, home, removed(home, "words_erased", work.now))
        return
    look.run()
    if look.provisional_from is not None and plan.awaits_year is None and plan.state == "active":
        PLANS.store(work, plan, awaiting(plan, look.provisional_from, policy.zone), PlanChanged)


HANDLERS: Final[HandlerTable] = {AddHome: add_home, RemoveHome: remove_home, HomeDue: visit_home}
