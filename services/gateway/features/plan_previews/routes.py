"""The preview of an edit of a care plan."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.plan_previews.answer import PlanPreviewAnswer
from services.gateway.features.plans import FEATURE
from services.gateway.http.authentication import Reader
from services.gateway.http.bodies import build_command
from services.gateway.http.documented import describe
from services.gateway.http.parameters import IdOf, Limit
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply
from shared.contracts.stations.plan_previews import PreviewPlanEdit
from shared.contracts.stations.plans import DaysOff, Extent, PlanEdit, Recurrence, VisitTime

router = APIRouter(tags=["plans"])
Cursor = Annotated[str, Query(max_length=6, pattern=r"^[0-9]+$", description="`next` of the page before.")]


async def edit_in_query(
    extent: Annotated[Extent, Query(description="One visit, those from a day on, or all that are ahead.")] = "all",
    on: Annotated[date | None, Query(description="The day of the visit by its rule; of `following` the first.")] = None,
    home_id: IdOf = None,
    moved_to: Annotated[date | None, Query(description="Another day for the one visit.")] = None,
    cancelled: Annotated[bool, Query(description="Whether the one visit is cancelled.")] = False,
    recurrence: Annotated[Recurrence | None, Query(description="A rule of RFC 5545, as a plan takes it.")] = None,
    visit_time: Annotated[VisitTime | None, Query(description="Hours and minutes, in the city's time zone.")] = None,
    minutes: Annotated[int | None, Query(ge=15, le=720, description="How long a visit takes.")] = None,
    days_off: Annotated[DaysOff | None, Query(description="The treatment of visits on days off.")] = None,
    ends_on: Annotated[date | None, Query(description="The last day of the plan.")] = None,
) -> Mapping[str, object]:
    """Return the fields of the edit that the parameters describe."""
    return {
        "extent": extent, "on": on, "home_id": home_id, "moved_to": moved_to, "cancelled": cancelled,
        "recurrence": recurrence, "visit_time": visit_time, "minutes": minutes, "days_off": days_off,
        "ends_on": ends_on,
    }  # fmt: skip


@router.get("/v1/plans/{plan_id}/preview", **describe(PlanPreviewAnswer))
async def preview_plan_edit(
    plan_id: str,
    caller: Reader,
    backend: TheBackend,
    edit: Annotated[Mapping[str, object], Depends(edit_in_query)],
    limit: Limit = 50,
    after: Cursor = "0",
) -> Response:
    """Count and list the visits that an edit of a plan would touch, and the needs that cannot follow."""
    view = await backend.views.one(FEATURE.view, plan_id, caller)
    if view is None:
        raise not_found(FEATURE.noun, plan_id)
    # Only now: an edit that breaks a rule shows nobody that there is such a plan elsewhere.
    wanted, now = build_command(PlanEdit, **edit), backend.clock.city()
    asked = PreviewPlanEdit(plan_id=plan_id, edit=wanted, at=now, after=int(after), limit=limit)
    found = await backend.queries.ask(asked)
    if found is None:
        raise not_found(FEATURE.noun, plan_id)
    page = found.model_dump(mode="json", exclude={"area"})
    following = None if found.next is None else str(found.next)
    return reply(PlanPreviewAnswer.model_validate({**page, "next": following}))
