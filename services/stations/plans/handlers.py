"""The commands of plans, and their timers. `homes` and `edits` hold the others of the capability."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

from services.stations.calendars.domain import CalendarApplied
from services.stations.network.domain import Station, require_open
from services.stations.plans import erasure, homes
from services.stations.plans.calendar_changes import PlanCalendarDue, apply_calendar, follow_calendar
from services.stations.plans.domain.occurrence import OccurrenceDue, settled
from services.stations.plans.domain.plan import Plan, PlanDue, PlanStepDue, ended, paused, registered, resumed, run_out
from services.stations.plans.edits import edit_plan
from services.stations.plans.plain_plans import PLANS
from services.stations.plans.policy import PlansPolicy
from services.stations.plans.visits import OCCURRENCES, look_at_homes
from shared.catalogue import catalogue_of, load_catalogue
from shared.contracts.messages import EventData
from shared.contracts.plain import Action
from shared.contracts.stations.occurrences import OccurrenceOverdue, OccurrenceSettled, SettleMissedVisit
from shared.contracts.stations.plans import (
    EditPlan,
    EndPlan,
    PausePlan,
    PlanChanged,
    PlanEnded,
    PlanOverdue,
    PlanPaused,
    PlanRegistered,
    PlanResumed,
    RegisterPlan,
    ResumePlan,
)
from shared.engine import TURN, Get, Handler, HandlerTable, Handling, Incoming, take_turn
from shared.engine.decide.external_ids import Namer, keep_name, name_load
from shared.engine.plain import check_version

X = TypeVar("X", bound=Action)


def register_plan(message: Incoming[RegisterPlan], vault: Namer, policy: PlansPolicy) -> Handling:
    """Register a plan of an open station. Answers PlanShape. Raises Refused as `registered` does."""
    asked = message.data
    named = name_load(vault, message.actor.principal, PLANS.kind, asked.external_id)
    station = Get(Station, asked.station_id, message.actor.area)
    work = yield from take_turn(lambda: load_catalogue(station, *named))
    open_station = work.reach(Station, asked.station_id, "station_id")
    require_open(open_station, "station_id")
    plan_id, zone = work.new_id(PLANS.kind), policy.zone
    plan = registered(asked, open_station, catalogue_of(work), plan_id=plan_id, now=work.now, zone=zone)
    keep_name(work, vault, PLANS.kind, plan.id, asked.external_id)
    return PLANS.store(work, None, plan, PlanRegistered)


def _change(decide: Callable[[X, Plan, datetime], Plan], event: type[EventData]) -> Handler:
    """Return the handler of a command after which each home is looked at: `decide(command, before, now)`."""

    def handle(message: Incoming[X]) -> Handling:
        asked = message.data
        yield [Get(Plan, asked.id, message.actor.area)]
        work = yield TURN
        before = work.reach(Plan, asked.id, "id")
        check_version(before, PLANS.kind, asked.expected_version)
        after = decide(asked, before, work.now)
        look_at_homes(work, after)
        return PLANS.store(work, before, after, event)

    return handle


def meet_deadline(message: Incoming[PlanDue]) -> Handling:
    """Show that a plan runs out, or end it; a timer that comes early or again does neither."""
    yield [Get(Plan, message.data.id)]
    work = yield TURN
    before = work.require(Plan, message.data.id, "id")
    after = run_out(before, work.now)
    PLANS.store(work, before, after, PlanEnded if after.state == "ended" else PlanChanged)


HANDLERS: Final[HandlerTable] = {
    RegisterPlan: register_plan,
    EditPlan: edit_plan,
    PausePlan: _change(paused, PlanPaused),
    ResumePlan: _change(resumed, PlanResumed),
    EndPlan: _change(ended, PlanEnded),
    PlanDue: meet_deadline,
    PlanStepDue: PLANS.remind(PlanOverdue),
    SettleMissedVisit: OCCURRENCES.change(settled, OccurrenceSettled),
    OccurrenceDue: OCCURRENCES.remind(OccurrenceOverdue),
    CalendarApplied: apply_calendar,
    PlanCalendarDue: follow_calendar,
    **homes.HANDLERS,
    **erasure.HANDLERS,
}
