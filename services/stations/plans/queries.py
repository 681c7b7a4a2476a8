"""The preview of an edit, from the store. Read-only."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from services.stations.calendars.domain import Calendar
from services.stations.calendars.working_days import working_days_of
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.planned import find_obstacle
from services.stations.plans.domain.occurrence import Occurrence
from services.stations.plans.domain.plan import Plan
from services.stations.plans.domain.preview import Obstacles, Present, list_touched
from services.stations.plans.policy import PlansPolicy
from services.stations.plans.storage import MAX_MILLIS
from services.stations.plans.visits import calendar_loads
from shared.contracts.refusals import Refused
from shared.contracts.stations.plan_previews import PlanPreview, PreviewPlanEdit, TouchedVisit
from shared.engine import Get, QueryTable, Store

MOST_STORED: Final = 8_000
"""Stored visits of one plan that are ahead: 200 homes, each with those of a month, and some edited beyond it."""


def preview_edit(query: PreviewPlanEdit, store: Store, policy: PlansPolicy) -> PlanPreview | None:
    """Return the visits that an edit touches, counted and a page of them; None for an unknown plan.

    Raises Refused as the edit does, and "not_found" for a home of another plan.
    """
    found = store[Plan.collection].find_one({"_id": query.plan_id}, max_time_ms=MAX_MILLIS)
    if found is None:
        return None
    plan = Plan.from_document(found)
    home_id = query.edit.home_id
    if home_id is not None and home_id not in plan.home_ids:
        raise Refused("not_found", "unknown_id", field="home_id", kind="home", id=home_id)
    ids = [load.id for load in calendar_loads(plan, query.at) if isinstance(load, Get)]
    rows = store[Calendar.collection].find({"_id": {"$in": ids}}).max_time_ms(MAX_MILLIS)
    days = working_days_of(plan.area, [Calendar.from_document(row) for row in rows])
    known = _find_ahead(store, plan, query.at)
    touched = list(list_touched(query.edit, Present(plan, known, days, query.at, policy.zone)))
    obstacles = _find_obstacles(store, [one.need_id for one in touched if one.need_id is not None])
    page = touched[query.after : query.after + query.limit]
    end = query.after + len(page)
    return PlanPreview(
        version=plan.version, area=plan.area, visits=len(touched), needs=len(obstacles),
        blocked=sum(1 for obstacle in obstacles.values() if obstacle is not None),
        items=tuple(_with_obstacle(one, obstacles) for one in page), next=end if end < len(touched) else None,
    )  # fmt: skip


def _with_obstacle(touched: TouchedVisit, obstacles: Obstacles) -> TouchedVisit:
    return touched.model_copy(update={"obstacle": obstacles.get(touched.need_id or "")})


def _find_ahead(store: Store, plan: Plan, now: datetime) -> dict[str, Occurrence]:
    # Instants are stored as texts, whose order a fraction of a second may disturb: compared again below.
    since = now.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "")
    rule = {"plan_id": plan.id, "starts_at": {"$gte": since}}
    rows = store[Occurrence.collection].find(rule).limit(MOST_STORED).max_time_ms(MAX_MILLIS)
    found = (Occurrence.from_document(row) for row in rows)
    return {one.id: one for one in found if one.starts_at > now}


def _find_obstacles(store: Store, need_ids: Iterable[str]) -> Obstacles:
    rows = store[Need.collection].find({"_id": {"$in": list(need_ids)}}).max_time_ms(MAX_MILLIS)
    needs = (Need.from_document(row) for row in rows)
    return {need.id: find_obstacle(need) for need in needs}


QUERIES: Final[QueryTable] = {PreviewPlanEdit: preview_edit}
