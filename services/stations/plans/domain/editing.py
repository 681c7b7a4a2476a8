"""Edits of a plan: of one visit, of those from a day on, of all that are ahead. Past visits are never touched. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.stations.plans.domain.occurrence import Occurrence
from services.stations.plans.domain.plan import NOTICE, Plan, end_of, require_days, require_state
from services.stations.plans.domain.schedule import Visit, find_instants
from shared.contracts.refusals import Refused
from shared.contracts.stations.plans import MOST_SEGMENTS, PlanEdit, Segment

KEPT_RULES: Final = timedelta(days=92)
"""A rule that another one has followed for so long is dropped: its visits are past, and stand for themselves."""
MOVED_BEYOND: Final = timedelta(days=31)
"""A visit may be moved to a day so long after the last one of its plan."""


def edited_plan(asked: PlanEdit, before: Plan, now: datetime, zone: ZoneInfo) -> Plan:
    """Return the plan with another rule from a day on, or from now on; the same one where nothing changes.

    Raises Refused: "wrong_state" where the plan has ended or has been edited too often, "invalid" for a day that is
    past or beyond the plan, and for a rule that fits no day.
    """
    require_state(before, "active", "paused")
    today = now.astimezone(zone).date()
    since = _find_first_day(asked, before, today)
    last = asked.ends_on or before.ends_on
    base = [one for one in before.segments if one.since <= since][-1]
    changes = {name: value for name in _OF_RULE if (value := getattr(asked, name)) is not None}
    rule = base.model_copy(update={**changes, "since": since, "decided_at": now})
    if asked.recurrence is not None:
        rule = rule.model_copy(update={"anchor": since})
    require_days(rule.recurrence, rule.anchor, since, last)
    kept = _drop_past([one for one in before.segments if one.since < since], since, today)
    if len(kept) >= MOST_SEGMENTS:
        raise Refused("wrong_state", "plan_edited_most", field="id", most=MOST_SEGMENTS)
    reset = {"reset_at": now} if asked.extent == "all" else {}
    if not reset and last == before.ends_on and _is_same(rule, base) and before.segments[-1] is base:
        return before
    over_at = end_of(last, zone)
    ends = {"ends_on": last, "over_at": over_at, "running_out": now >= over_at - NOTICE}
    return before.model_copy(update={**ends, **reset, "segments": (*kept, rule)})


_OF_RULE: Final = ("recurrence", "visit_time", "minutes", "days_off")


def _find_first_day(asked: PlanEdit, plan: Plan, today: date) -> date:
    if asked.on is not None and asked.on < today:
        raise Refused("invalid", "day_past", field="on", day=asked.on.isoformat())
    since = max(asked.on or today, plan.starts_on)
    if since > (asked.ends_on or plan.ends_on):
        raise Refused("invalid", "day_after_plan", field="on", day=since.isoformat())
    return since


def _drop_past(segments: list[Segment], since: date, today: date) -> list[Segment]:
    following = [*(one.since for one in segments), since][1:]
    return [one for one, ended in zip(segments, following, strict=True) if ended > today - KEPT_RULES]


def _is_same(rule: Segment, base: Segment) -> bool:
    return all(getattr(rule, name) == getattr(base, name) for name in _OF_RULE)


def find_visit(plan: Plan, known: Occurrence | None, visits: Mapping[date, Visit], on: date, now: datetime) -> Visit:
    """Return the one visit of a home that is to be edited, as it stands.

    Raises Refused: "invalid" for a day without a visit, "wrong_state" for a visit that has begun, was called off or
    missed, or whose plan has ended.
    """
    require_state(plan, "active", "paused")
    visit = visits.get(on)
    if known is not None:
        if known.state not in ("planned", "made"):
            raise Refused("wrong_state", "visit_not_ahead", field="on", state=known.state)
        visit = Visit(on, known.starts_at, known.ends_at, known.moved, known.provisional)
    if visit is None:
        raise Refused("invalid", "no_visit_on_day", field="on", day=on.isoformat())
    if visit.starts_at <= now:
        raise Refused("wrong_state", "visit_past", field="on")
    return visit


def find_new_time(
    asked: PlanEdit, plan: Plan, visit: Visit, now: datetime, zone: ZoneInfo
) -> tuple[datetime, datetime]:
    """Return the instants of the one visit after the edit. Raises Refused("invalid") outside now and the plan's end."""
    begins = visit.starts_at.astimezone(zone)
    minutes = asked.minutes or int((visit.ends_at - visit.starts_at).total_seconds()) // 60
    day = asked.moved_to or begins.date()
    last = plan.ends_on + MOVED_BEYOND
    if not plan.starts_on <= day <= last:
        raise Refused("invalid", "visit_day_range", field="moved_to", last=last.isoformat())
    starts, ends = find_instants(day, asked.visit_time or f"{begins:%H:%M}", minutes, zone)
    if starts <= now:
        raise Refused("invalid", "visit_into_past", field="moved_to" if asked.moved_to else "visit_time")
    return starts, ends
