"""The feed: pages and Server-Sent Events over the same cursors."""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Query
from starlette.responses import Response, StreamingResponse

from services.gateway.features.feed.answer import FeedAnswer
from services.gateway.features.feed.reader import MOST_EVENTS, TheFeed, page_body
from services.gateway.http.authentication import Reader
from services.gateway.http.documented import PROBLEMS, describe
from services.gateway.http.problems import Problem

router = APIRouter(tags=["events"], responses=PROBLEMS)
LAST_CURSOR: Final = 10**15
Cursor = Annotated[int, Query(ge=0, le=LAST_CURSOR, description="The cursor of the last event that was read.")]


@router.get("/v1/events", **describe(FeedAnswer))
async def list_events(
    caller: Reader, feed: TheFeed, after: Cursor = 0, limit: Annotated[int, Query(ge=1, le=MOST_EVENTS)] = 100
) -> Response:
    """List events in order, each with its cursor. `next` is null at the end: ask again after the last cursor read."""
    portion = await feed.read(after, limit, caller.area)
    return Response(page_body(portion), media_type="application/json")


@router.get("/v1/events/stream", response_class=StreamingResponse)
async def stream_events(
    caller: Reader,
    feed: TheFeed,
    after: Annotated[
        int | None, Query(ge=0, le=LAST_CURSOR, description="Begin behind this cursor: 0 for every event.")
    ] = None,
    last_event_id: Annotated[str | None, Header(pattern=r"^\d{1,15}$", description="Where to resume.")] = None,
) -> Response:
    """Stream events as they happen (Server-Sent Events): `id` is the cursor, `event` the type, `data` the CloudEvent.

    Without Last-Event-ID or `after` it begins now.
    """
    if feed.full:
        raise Problem(503, "unavailable", "too_many_streams", headers={"Retry-After": "10"})
    # The header wins: a browser that reconnects sends it, while `after` still stands in the URL of its first request.
    start = int(last_event_id) if last_event_id is not None else after
    if start is None:
        start = await feed.head()
    return StreamingResponse(
        feed.stream(start, caller.area),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
