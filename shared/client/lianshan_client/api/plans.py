"""Calls of plans: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer
from ..answers.plans import DaysOff, EditExtent, Plan, PlanPage, PlanPreviewAnswer, PlanShape, PlanState, TouchedVisit
from ..bodies.plans import EditPlanBody, EndPlanBody, PausePlanBody, RegisterPlan, ResumePlanBody
from ..calls import Call, Listing, new_key


def register_plan(body: RegisterPlan, *, idempotency_key: str | None = None) -> Call[Plan]:
    """Register a care plan of a station; its homes are added one by one."""
    return Call("POST", "/v1/plans", body=body, idempotency_key=idempotency_key or new_key())


def list_plans(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    station_id: str | None = None,
    theme: str | None = None,
    state: Sequence[PlanState] | None = None,
    running_out: bool | None = None,
) -> Listing[PlanPage, Plan]:
    """List plans, newest first."""
    return Listing(
        "GET",
        "/v1/plans",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "station_id": station_id,
            "theme": theme,
            "state": state,
            "running_out": running_out,
        },
    )


def count_plans(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count plans by state and theme."""
    return Call("GET", "/v1/plans:count", query={"area": area})


def read_plan(plan_id: str) -> Call[Plan]:
    """Show one plan."""
    return Call("GET", f"/v1/plans/{quote(plan_id, safe='')}")


def read_plan_history(
    plan_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one plan, oldest first."""
    return Listing("GET", f"/v1/plans/{quote(plan_id, safe='')}/history", query={"limit": limit, "after": after})


def edit_plan(
    plan_id: str, body: EditPlanBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[PlanShape]:
    """Edit visits that are ahead; past ones stay. It needs the version of the preview."""
    return Call(
        "POST",
        f"/v1/plans/{quote(plan_id, safe='')}/edit",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def pause_plan(
    plan_id: str, body: PausePlanBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[PlanShape]:
    """Pause a plan: its visits that are ahead are cancelled until it is resumed."""
    return Call(
        "POST",
        f"/v1/plans/{quote(plan_id, safe='')}/pause",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def resume_plan(
    plan_id: str,
    body: ResumePlanBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[PlanShape]:
    """Resume a paused plan: its homes are visited again from now on."""
    return Call(
        "POST",
        f"/v1/plans/{quote(plan_id, safe='')}/resume",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def end_plan(
    plan_id: str, body: EndPlanBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[PlanShape]:
    """End a plan before its last day; its visits that are ahead are cancelled."""
    return Call(
        "POST",
        f"/v1/plans/{quote(plan_id, safe='')}/end",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def preview_plan_edit(
    plan_id: str,
    *,
    limit: int | None = None,
    after: str | int | None = None,
    extent: EditExtent | None = None,
    on: str | None = None,
    home_id: str | None = None,
    moved_to: str | None = None,
    cancelled: bool | None = None,
    recurrence: str | None = None,
    visit_time: str | None = None,
    minutes: int | None = None,
    days_off: DaysOff | None = None,
    ends_on: str | None = None,
) -> Listing[PlanPreviewAnswer, TouchedVisit]:
    """Count and list the visits that an edit of a plan would touch, and the needs that cannot follow."""
    return Listing(
        "GET",
        f"/v1/plans/{quote(plan_id, safe='')}/preview",
        query={
            "limit": limit,
            "after": after,
            "extent": extent,
            "on": on,
            "home_id": home_id,
            "moved_to": moved_to,
            "cancelled": cancelled,
            "recurrence": recurrence,
            "visit_time": visit_time,
            "minutes": minutes,
            "days_off": days_off,
            "ends_on": ends_on,
        },
    )
