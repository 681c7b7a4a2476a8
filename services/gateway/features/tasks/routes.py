"""The work list: open steps of a person, a station or an area, the longest overdue first."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.deliveries.records import Webhook
from services.gateway.features.merges.identities import person_rule
from services.gateway.features.tasks.answer import TaskAnswer, task_from_view
from services.gateway.features.tasks.stopped_webhooks import STEP, merge
from services.gateway.features.tasks.view import TaskView, not_lapsed
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import Reader
from services.gateway.http.documented import describe
from services.gateway.http.parameters import After, IdOf, InArea, Limit, Several
from services.gateway.http.replies import reply
from services.gateway.reading.areas import area_rule, bounded_area
from services.gateway.reading.cursors import encode_cursor
from services.gateway.reading.stopped_webhooks import find_stopped
from services.gateway.reading.views import filters, last_id
from shared.contracts.access import Actor, hidden_subjects
from shared.contracts.plain import StepCode
from shared.engine.decide.schema import Document

router = APIRouter(tags=["tasks"])
_PARTS: Final = " "
"""Between the order and the id in a cursor; neither holds a blank."""


@router.get("/v1/tasks", **describe(Listed[TaskAnswer]))
async def list_tasks(
    caller: Reader,
    backend: TheBackend,
    limit: Limit = 50,
    after: After = None,
    area: InArea = None,
    station_id: Annotated[
        IdOf,
        Query(description="The station of the things: needs, alerts, findings and all others."),
    ] = None,
    person_id: Annotated[IdOf, Query(description="The volunteer who is to act.")] = None,
    code: Several[StepCode] = (),
) -> Response:
    """List the next steps of open things, the longest overdue first. The codes: docs/reason-codes.md."""
    whose = await person_rule(backend.views, "person_id", person_id)
    stopped: list[Webhook] = []
    if station_id is None and person_id is None and (not code or STEP in code):
        stopped = await find_stopped(backend.database, caller, bounded_area(caller, area))
    wanted = {**area_rule(caller, area), **filters(station_id=station_id, code=code), **whose, **shown_to(caller)}
    now = backend.clock.city()
    rule = open_tasks(wanted, after, now)
    tasks = await backend.views.ordered(TaskView, rule, limit + 1, by="order")
    found = merge(tasks, stopped, None if after is None else _split(after))
    page = found[:limit]
    following = encode_cursor(f"{page[-1].order}{_PARTS}{page[-1].id}") if len(found) > limit else None
    return reply(Listed[TaskAnswer](items=[task_from_view(view, now) for view in page], next=following))


def shown_to(caller: Actor) -> Document:
    """Return the rule that leaves out the tasks of things that the caller may not see, none for one who may see all."""
    hidden = hidden_subjects(caller)
    return {"kind": {"$nin": hidden}} if hidden else {}


def open_tasks(rule: Document, after: str | None, now: datetime) -> Document:
    """Return the rule for the tasks open at `now` (city time) that fit `rule`, after the cursor where one is given."""
    # A bound of the order in any case: only then does the store look for area and code in the index itself.
    found: Document = {"open": True, "order": {"$gte": ""}, **not_lapsed(now), **rule}
    if after is None:
        return found
    order, thing_id = _split(after)
    further = {"$or": [{"order": {"$gt": order}}, {"order": order, "_id": {"$gt": thing_id}}]}
    return {**found, "order": {"$gte": order}, **further}


def _split(after: str) -> tuple[str, str]:
    order, _, thing_id = last_id(after).partition(_PARTS)
    return order, thing_id
