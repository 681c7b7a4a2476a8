"""A care plan through its life: registered, paused, resumed, ended, run out. `editing` holds its edits. Pure."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from services.stations.needs.domain.intake import to_line
from services.stations.network.domain import Station
from services.stations.plans.domain.recurrence import parse_recurrence
from shared.contracts.catalogue.matching import Catalogue
from shared.contracts.catalogue.resolution import require_codes, require_entry
from shared.contracts.need_parts import Line
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.stations.need_request import LineAsked
from shared.contracts.stations.plans import (
    EndPlan,
    PausePlan,
    PlanShape,
    PlanState,
    RegisterPlan,
    ResumePlan,
    Segment,
    Visitors,
    VisitorsAsked,
)
from shared.engine.plain import Aggregate
from shared.engine.reminders import Due, Reminders

LONGEST: Final = timedelta(days=3 * 366)
"""From the first day of a plan to its last: at most 1,099 visits to a home."""
LATEST_START: Final = timedelta(days=366)
"""From the registration to the first day."""
NOTICE: Final = timedelta(days=14)
"""A plan that ends within this time is shown as running out."""
HOMES_WITHIN: Final = timedelta(hours=72)
"""The time from the registration of a plan to its first home."""
RESUME_WITHIN: Final = timedelta(days=14)
"""The time after which somebody is asked whether a paused plan goes on."""


class Plan(PlanShape, Aggregate):
    """A plan, the ids of its homes, and the instants that its days have in the city's zone.

    `over_at` is the end of its last day. `reset_at` is the last edit of all visits: visits that were edited on their
    own before it follow the plan again. `ended_at` is None for a plan that ran out: its last visits still take place.
    """

    collection: ClassVar[str] = "plans"
    home_ids: tuple[str, ...] = ()
    over_at: datetime
    reset_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def visits_until(self) -> datetime | None:
        """The instant after which nobody is visited; None while the plan goes on, and for one that ran out."""
        return self.paused_at if self.state == "paused" else self.ended_at


class PlanDue(Due):
    """The end of a plan is near, or has come."""

    type: ClassVar[str] = "stations.plan_due"


class PlanStepDue(Due):
    """The next step of a plan is overdue."""

    type: ClassVar[str] = "stations.plan_step_due"


REMINDERS: Final = Reminders(PlanStepDue, frozenset({"add_home", "await_calendar", "renew_plan", "resume_plan"}))


def registered(
    asked: RegisterPlan, station: Station, catalogue: Catalogue, *, plan_id: str, now: datetime, zone: ZoneInfo
) -> Plan:
    """Return a new plan without homes. Raises Refused("invalid") naming the field that fits no rule or no other one."""
    if not asked.lines and asked.visitors is None:
        raise Refused("invalid", "nothing_asked_for", field="lines")
    today = now.astimezone(zone).date()
    if not today <= asked.starts_on <= today + LATEST_START:
        raise Refused("invalid", "plan_start_range", field="starts_on", days=LATEST_START.days)
    require_days(asked.recurrence, asked.starts_on, asked.starts_on, asked.ends_on)
    segment = Segment(
        since=asked.starts_on, anchor=asked.starts_on, recurrence=asked.recurrence, visit_time=asked.visit_time,
        minutes=asked.minutes, days_off=asked.days_off, decided_at=now,
    )  # fmt: skip
    over_at = end_of(asked.ends_on, zone)
    return Plan(
        id=plan_id, version=0, area=station.area, station_id=station.id,
        theme=require_entry(catalogue, "theme", asked.theme, "theme").code, urgency=asked.urgency,
        severity=asked.severity, visitors=_to_visitors(asked.visitors, catalogue),
        lines=_to_lines(asked.lines, catalogue),
        starts_on=asked.starts_on, ends_on=asked.ends_on, segments=(segment,), state="active", active_since=now,
        over_at=over_at, running_out=now >= over_at - NOTICE,
    )  # fmt: skip


def require_days(recurrence: str, anchor: date, since: date, last: date) -> None:
    """Raise Refused("invalid") for a last day out of range, and a recurrence without any day from `since` to it."""
    if not since <= last <= anchor + LONGEST:
        raise Refused("invalid", "plan_end_range", field="ends_on", days=LONGEST.days)
    days = parse_recurrence(recurrence, "recurrence").list_days(anchor, last)
    if next((day for day in days if day >= since), None) is None:
        raise Refused("invalid", "recurrence_never", field="recurrence")


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) at which the day is over in the zone."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)


def paused(asked: PausePlan, before: Plan, now: datetime) -> Plan:
    """Return the plan as paused. Raises Refused("wrong_state") unless it is active."""
    require_state(before, "active")
    return before.model_copy(update={"state": "paused", "paused_at": now, "pause_reason": asked.reason})


def resumed(_: ResumePlan, before: Plan, now: datetime) -> Plan:
    """Return the plan as active from now on. Raises Refused("wrong_state") unless it is paused."""
    require_state(before, "paused")
    return before.model_copy(
        update={"state": "active", "paused_at": None, "pause_reason": None, "active_since": now}
    )  # fmt: skip


def ended(asked: EndPlan, before: Plan, now: datetime) -> Plan:
    """Return the plan as ended. Raises Refused("wrong_state") where it has ended."""
    require_state(before, "active", "paused")
    until = before.paused_at or now
    return before.model_copy(update={**_OVER, "state": "ended", "end": asked.reason, "ended_at": until})


def closed_with_station(before: Plan, station: Station, now: datetime) -> Plan:
    """Return the plan as ended where its station is closed for good; otherwise the same one."""
    if before.state == "ended" or station.state != "closed":
        return before
    until = before.paused_at or now
    return before.model_copy(update={**_OVER, "state": "ended", "end": "station_closed", "ended_at": until})


def run_out(before: Plan, now: datetime) -> Plan:
    """Return the plan as it is at its deadline: running out, then ended; the same one where neither has come."""
    if before.state == "ended":
        return before
    if now >= before.over_at:
        # Of a paused plan nobody is visited after the pause either.
        return before.model_copy(update={**_OVER, "state": "ended", "end": "ran_out", "ended_at": before.paused_at})
    if not before.running_out and now >= before.over_at - NOTICE:
        return before.model_copy(update={"running_out": True})
    return before


_OVER: Final[dict[str, object]] = {
    "paused_at": None, "pause_reason": None, "running_out": False, "awaits_year": None, "awaits_from": None,
}  # fmt: skip


def with_home(before: Plan, home_id: str) -> Plan:
    """Return the plan with one more home. Raises Refused("wrong_state") where it has ended."""
    require_state(before, "active", "paused")
    ids = (*before.home_ids, home_id)
    return before.model_copy(update={"home_ids": ids, "homes": len(ids)})


def without_home(before: Plan, home_id: str) -> Plan:
    """Return the plan with one home less."""
    ids = tuple(one for one in before.home_ids if one != home_id)
    return before.model_copy(update={"home_ids": ids, "homes": len(ids)})


def awaiting(before: Plan, starts_at: datetime | None, zone: ZoneInfo) -> Plan:
    """Return the plan waiting for the calendar of the first provisional visit; None: no visit is provisional."""
    year = None if starts_at is None else starts_at.astimezone(zone).year
    if (year, starts_at) == (before.awaits_year, before.awaits_from):
        return before
    return before.model_copy(update={"awaits_year": year, "awaits_from": starts_at})


def find_next_step(plan: Plan) -> NextStep | None:
    """Return the next step: resume, add a home, await a calendar or renew; None while nothing but visits is due."""
    if plan.state == "paused" and plan.paused_at is not None:
        return NextStep(code="resume_plan", due=plan.paused_at + RESUME_WITHIN)
    if plan.state != "active":
        return None
    if plan.running_out:
        return NextStep(code="renew_plan", due=plan.over_at)
    if plan.awaits_year is not None:
        return NextStep(code="await_calendar", args={"year": plan.awaits_year}, due=plan.awaits_from)
    if not plan.homes:
        return NextStep(code="add_home", due=plan.active_since + HOMES_WITHIN)
    return None


def find_deadline(plan: Plan) -> tuple[datetime, Due] | None:
    """Return the instant at which the plan runs out next, as its notice or its end."""
    if plan.state == "ended":
        return None
    return (plan.over_at if plan.running_out else plan.over_at - NOTICE), PlanDue(id=plan.id)


def require_state(plan: Plan, *allowed: PlanState) -> None:
    """Raise Refused("wrong_state") unless the plan is in one of the allowed states."""
    if plan.state not in allowed:
        raise Refused("wrong_state", "plan_not_in_state", field="id", state=plan.state, allowed=",".join(allowed))


def _to_visitors(asked: VisitorsAsked | None, catalogue: Catalogue) -> Visitors | None:
    if asked is None:
        return None
    return Visitors(
        headcount=asked.headcount,
        skills=require_codes(catalogue, "skill", asked.skills, "visitors.skills"),
        languages=require_codes(catalogue, "language", asked.languages, "visitors.languages"),
    )


def _to_lines(asked: Sequence[LineAsked], catalogue: Catalogue) -> tuple[Line, ...]:
    for nth, line in enumerate(asked):
        # Words about a person belong to one home, and a plan is seen by all.
        if line.kind == "money" and line.purpose:
            raise Refused("invalid", "purpose_in_plan", field=f"lines.{nth}.purpose")
    return tuple(to_line(nth, line, catalogue, "lines") for nth, line in enumerate(asked))
