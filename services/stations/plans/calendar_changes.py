"""A calendar was uploaded, amended or withdrawn: the plans of its area follow, 20 in one message."""

from datetime import datetime, timedelta
from typing import ClassVar

from services.stations.calendars.domain import Calendar, CalendarApplied
from services.stations.plans.domain.plan import Plan, awaiting
from services.stations.plans.domain.schedule import list_visits
from services.stations.plans.plain_plans import PLANS
from services.stations.plans.policy import PlansPolicy
from services.stations.plans.storage import PlansUnder
from services.stations.plans.visits import calendar_loads, look_at_homes, working_days_around
from shared.contracts.messages import Timer
from shared.contracts.stations.plans import PlanChanged
from shared.engine import TURN, Get, Handling, Incoming, UnitOfWork


class PlanCalendarDue(Timer):
    """The visits of a plan have to be compared with the calendars."""

    type: ClassVar[str] = "stations.plan_calendar_due"
    plan_id: str


def apply_calendar(message: Incoming[CalendarApplied]) -> Handling:
    """Have the plans of the calendar's area look at their visits again, 20 at a time in the order of their ids."""
    due = message.data
    work = yield [Get(Calendar, due.id)]
    calendar = work.get(Calendar, due.id)
    if calendar is None:
        return
    page = PlansUnder(area=calendar.area, after=due.after)
    yield [page]
    work = yield TURN
    # Not at this very instant: a timer of the same key and instant may have fired.
    soon = work.now + timedelta(milliseconds=1)
    found = work.find(page)
    for plan in found:
        work.remind(f"plan:{plan.id}:calendar", soon, PlanCalendarDue(plan_id=plan.id))
    if len(found) == page.limit:
        following = CalendarApplied(id=due.id, after=found[-1].id)
        work.remind(f"calendar:{due.id}:applied", soon, following)


def follow_calendar(message: Incoming[PlanCalendarDue], policy: PlansPolicy) -> Handling:
    """Have each home of a plan looked at, and show whether visits within the horizon are provisional still."""
    plan_id = message.data.plan_id
    work = yield [Get(Plan, plan_id)]
    known = work.get(Plan, plan_id)
    if known is None:
        return
    yield calendar_loads(known, work.now)
    work = yield TURN
    plan = work.require(Plan, plan_id, "plan_id")
    if plan.state == "ended":
        return
    look_at_homes(work, plan)
    if plan.state == "active":
        PLANS.store(work, plan, awaiting(plan, _find_provisional(work, plan, policy), policy.zone), PlanChanged)


def _find_provisional(work: UnitOfWork, plan: Plan, policy: PlansPolicy) -> datetime | None:
    visits = list_visits(plan, working_days_around(work, plan), policy.zone).values()
    edge = work.now + policy.horizon
    return min((one.starts_at for one in visits if one.provisional and work.now < one.starts_at <= edge), default=None)
