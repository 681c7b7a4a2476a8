"""The feed: pages and Server-Sent Events over the same cursors."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import Response, StreamingResponse

from services.gateway.auth import Reading, check_area
from services.gateway.feed import MOST_EVENTS, page_body
from services.gateway.house import In
from services.gateway.models.answers import FeedAnswer
from services.gateway.problems import Problem, missing
from services.gateway.routes.documented import ANSWERS, tells

router = APIRouter(tags=["events"], responses=ANSWERS)
Cursor = Annotated[int, Query(ge=0, le=10**15, description="The cursor of the last event that was read.")]


@router.get("/v1/events", **tells(FeedAnswer))
async def list_events(
    caller: Reading, house: In, after: Cursor = 0, limit: Annotated[int, Query(ge=1, le=MOST_EVENTS)] = 100
) -> Response:
    """Events in order, each with its cursor. `next` is null at the end: ask again later after the last cursor read."""
    portion = await house.feed.read(after, limit, caller.area)
    return Response(page_body(portion), media_type="application/json")


@router.get("/v1/needs/{need_id}/events", **tells(FeedAnswer))
async def list_events_of_need(need_id: str, caller: Reading, house: In) -> Response:
    """What was said about a need, in order and whole: each event names its cause. The latest 200; `next` is null."""
    view = await house.views.one("needs", need_id)
    if view is None:
        raise missing("need", need_id)
    check_area(caller, view["area"])
    cursors = [entry["cursor"] for entry in view["timeline"] if "cursor" in entry]
    return Response(page_body(await house.feed.at(cursors)), media_type="application/json")


@router.get("/v1/events/stream", response_class=StreamingResponse)
async def stream_events(
    caller: Reading,
    house: In,
    after: Annotated[int | None, Query(ge=0, le=10**15)] = None,
    last_event_id: Annotated[str | None, Header(pattern=r"^\d{1,15}$", description="Where to resume.")] = None,
) -> Response:
    """Server-Sent Events as they happen: `id` is the cursor, `event` the type, `data` the CloudEvent.

    Without Last-Event-ID or `after` it begins now.
    """
    if house.feed.full:
        raise Problem(503, "unavailable", "Too many streams are open: come again later.", headers={"Retry-After": "10"})
    start = int(last_event_id) if last_event_id is not None else after
    if start is None:
        start = await house.feed.head()
    return StreamingResponse(
        house.feed.stream(start, caller.area),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
