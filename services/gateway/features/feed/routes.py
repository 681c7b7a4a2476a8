"""The feed: pages and Server-Sent Events over the same cursors."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query
from starlette.responses import Response, StreamingResponse

from services.gateway.features.feed.answer import FeedPage, FeedSnapshot
from services.gateway.features.feed.cursors import FeedCursor, read_cursor, write_cursor
from services.gateway.features.feed.reader import MOST_EVENTS, TheFeed, page_body
from services.gateway.features.feed.streams import TheStreams
from services.gateway.features.feed.wanted import EventWord, Wanted, want
from services.gateway.http.authentication import Reader, TheGrant
from services.gateway.http.documented import describe, may_answer
from services.gateway.http.parameters import InArea, Several
from services.gateway.http.problems import Problem
from services.gateway.http.replies import reply
from services.gateway.reading.cursors import BadCursorError
from shared.contracts.messages import Id

router = APIRouter(tags=["events"])
_BEHIND: Final = "Begin behind this cursor, as it came: a number or a text. 0 for every event."
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The events, for as long as the reader stays.", "content": {"text/event-stream": {}}}
}
Cursor = Annotated[str, Query(description=_BEHIND, examples=["0", "391", "0k3f9x2m1d8r5t7w2q4z-391"])]

_TYPES: Final = (
    "A type, as `stations.need.published`, or all of a kind of thing, as `stations.need`; may come several times."
)
Types = Annotated[Several[EventWord], Query(alias="type", description=_TYPES)]
_SUBJECTS: Final = (
    "The id of a thing, as an event's `subject` names it: the events about it alone; may come several times. 503 with "
    "`Retry-After` while events of release 0.2.0 have still to be migrated."
)
Subjects = Annotated[Several[Id], Query(alias="subject", description=_SUBJECTS)]


# A coroutine although it waits for nothing: FastAPI would run a plain function in a thread.
async def _wanted(caller: Reader, types: Types = (), area: InArea = None, subjects: Subjects = ()) -> Wanted:
    return want(caller, types, area, subjects)


TheWanted = Annotated[Wanted, Depends(_wanted)]


@router.get("/v1/events", **describe(FeedPage))
@may_answer(410, 503)
async def list_events(
    caller: Reader,
    feed: TheFeed,
    wanted: TheWanted,
    after: Cursor = "0",
    limit: Annotated[int, Query(ge=1, le=MOST_EVENTS)] = 100,
) -> Response:
    """List events in order, each with its cursor. `next` is null at the end: ask again later, after `cursor`.

    With `type`, `subject` or `area` a page may hold fewer events than `limit`, or none, and still have a `next`.

    410 for a cursor that no longer leads on, as after a restore: read the lists again, then go on after `args.start`.
    """
    portion = await feed.read(_read(after, "after"), limit, caller, wanted)
    return Response(page_body(portion), media_type="application/json")


@router.get("/v1/events/snapshot", **describe(FeedSnapshot))
async def show_snapshot(_: Reader, feed: TheFeed) -> Response:
    """Show the cursor up to which every list shows all events. Ask for it first, then read the lists to their ends.

    Then follow the feed after it: a list may show some of those events already, and the versions (`sequence`) make that
    harmless.
    """
    return reply(FeedSnapshot(cursor=write_cursor(*await feed.snapshot())))


@router.get("/v1/events/stream", response_class=StreamingResponse, responses=_STREAM)
@may_answer(410, 503)
async def stream_events(
    wanted: TheWanted,
    grant: TheGrant,
    streams: TheStreams,
    after: Annotated[str | None, Query(description=_BEHIND)] = None,
    last_event_id: Annotated[str | None, Header(description="Where to resume: the last `id`.")] = None,
) -> Response:
    """Stream events as they happen (Server-Sent Events): `id` is the cursor, `event` the type, `data` the CloudEvent.

    Without Last-Event-ID or `after` it begins now. It ends with the key, and where the reader does not read. 410 for a
    cursor that no longer leads on, as for the pages.
    """
    # The header wins: a browser that reconnects sends it, while `after` still stands in the URL of its first request.
    if last_event_id is not None:
        start = _read(last_event_id, "Last-Event-ID")
    else:
        start = await streams.feed.now() if after is None else _read(after, "after")
    await streams.feed.check(start, wanted)
    return StreamingResponse(
        streams.follow(start, streams.reserve(grant), wanted),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _read(cursor: str, field: str) -> FeedCursor:
    try:
        return read_cursor(cursor)
    except BadCursorError:
        raise Problem(422, "invalid", "not_a_feed_cursor", field=field) from None
