"""Needs (需求): registered one by one or in bulk, published, cancelled, confirmed, evaluated; read with their story."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.feed.answer import FeedAnswer
from services.gateway.features.feed.reader import TheFeed, list_body
from services.gateway.features.needs.actions import act_on_need
from services.gateway.features.needs.answer import (
    BatchAnswer,
    NeedAnswer,
    NeedListed,
    explain_score,
    need_after_command,
    need_from_view,
)
from services.gateway.features.needs.batch import register_batch
from services.gateway.features.needs.duplicates import warn_of_duplicates
from services.gateway.features.needs.request import (
    CancelIn,
    ConfirmIn,
    EvaluateIn,
    ExtendIn,
    NeedIn,
    NeedsIn,
    ReopenIn,
    UndoIn,
)
from services.gateway.features.needs.timeline import cursors
from services.gateway.features.needs.view import STORY, NeedView
from services.gateway.features.needs.words import NO_WORDS, ask_words, own_words
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import Reader, allows
from services.gateway.http.bodies import EmptyBody, build_command, json_body
from services.gateway.http.documented import describe
from services.gateway.http.parameters import (
    After,
    ExpectedVersion,
    IdOf,
    InArea,
    Limit,
    NamedBy,
    RequestOrigin,
    Several,
    SpokenOrigin,
)
from services.gateway.http.preference import PrefersMinimal
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply, reply_created
from services.gateway.reading.areas import area_rule
from services.gateway.reading.views import filters
from shared.contracts.access import Actor
from shared.contracts.catalogue.entries import Code as ThemeCode
from shared.contracts.need_parts import Urgency
from shared.contracts.stations import need_answers as contract
from shared.contracts.stations.need_intake import IntakeChannel
from shared.contracts.stations.need_queries import ReadNeed
from shared.contracts.stations.needs import (
    CancelNeed,
    ConfirmNeed,
    EvaluateNeed,
    ExtendNeed,
    NeedState,
    PublishNeed,
    RegisterNeed,
    RegisterNeeds,
    UndoConfirmation,
)
from shared.contracts.stations.reopening import ReopenNeed

router = APIRouter(tags=["needs"])
event_router = APIRouter(tags=["events"])
"""The one path about needs that is described among the feed's."""
NeedBody = Annotated[NeedIn, Depends(json_body(NeedIn))]
WithText = Annotated[
    bool, Query(description="false leaves out titles and other words about people, and asks nobody for them.")
]

# ---- writing ---------------------------------------------------------------------------------------------


@router.post("/v1/needs", **describe(NeedAnswer, body=NeedIn, new=True, minimal=True))
async def register_need(
    caller: Annotated[Actor, Depends(allows(RegisterNeed))], backend: TheBackend, origin: RequestOrigin,
    minimal: PrefersMinimal, need: NeedBody,
) -> Response:  # fmt: skip
    """Register a need, and publish it at once where asked: then resources are linked and volunteers dispatched."""
    answer = await backend.commands.send(need.command(), contract.NeedAnswer, origin)
    view = await backend.wait_unless(minimal, caller, NeedView, answer)
    body = need_after_command(NeedAnswer, answer, view, own_words(need, answer.lines))
    if not minimal:
        (body,) = await warn_of_duplicates(backend, caller, [body], [answer.id] if need.residents else [])
    body = backend.external_ids.name_new(caller, "stations", body, need.external_id)
    return reply_created(body, f"/v1/needs/{answer.id}", minimal=minimal)


@router.post("/v1/needs:batch", **describe(BatchAnswer, body=NeedsIn))
async def register_needs(
    caller: Annotated[Actor, Depends(allows(RegisterNeeds))],
    backend: TheBackend,
    origin: RequestOrigin,
    batch: Annotated[NeedsIn, Depends(json_body(NeedsIn, size="batch"))],
) -> Response:
    """Register up to 200 needs, each on its own: `items` are in the order posted, `{"status", "need" | "error"}`."""
    return reply(BatchAnswer(items=await register_batch(backend, caller, origin, batch)))


@router.post("/v1/needs/{need_id}/publish", **describe(NeedAnswer, body=EmptyBody, optional=True))
async def publish_need(
    need_id: str,
    _caller: Annotated[Actor, Depends(allows(PublishNeed))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    _: Annotated[EmptyBody, Depends(json_body(EmptyBody, optional=True))],
) -> Response:
    """Publish a draft: that alone links resources and dispatches volunteers."""
    return await act_on_need(backend, origin, build_command(PublishNeed, need_id=need_id, expected_version=expected))


@router.post("/v1/needs/{need_id}/extend", **describe(NeedAnswer, body=ExtendIn))
async def extend_need(
    need_id: str,
    _caller: Annotated[Actor, Depends(allows(ExtendNeed))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    words: Annotated[ExtendIn, Depends(json_body(ExtendIn))],
) -> Response:
    """Give a need that is not served yet more time, before or after its deadline. The volunteers' slot stays."""
    command = build_command(
        ExtendNeed, need_id=need_id, expected_version=expected, due=words.due, reason_code=words.reason_code
    )
    return await act_on_need(backend, origin, command)


@router.post("/v1/needs/{need_id}/reopen", **describe(NeedAnswer, body=ReopenIn))
async def reopen_need(
    need_id: str,
    _caller: Annotated[Actor, Depends(allows(ReopenNeed))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    words: Annotated[ReopenIn, Depends(json_body(ReopenIn))],
) -> Response:
    """Open an unmet or cancelled need again: resources are linked and volunteers dispatched again.

    Within the days that the city sets. Volunteers whose slot is over are asked for another, in `slot`.
    """
    command = build_command(
        ReopenNeed,
        need_id=need_id,
        expected_version=expected,
        due=words.due,
        slot=words.slot,
        reason_code=words.reason_code,
    )
    return await act_on_need(backend, origin, command)


@router.post("/v1/needs/{need_id}/cancel", **describe(NeedAnswer, body=CancelIn, optional=True))
async def cancel_need(
    need_id: str,
    _caller: Annotated[Actor, Depends(allows(CancelNeed))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    words: Annotated[CancelIn, Depends(json_body(CancelIn, optional=True))],
) -> Response:
    """Cancel a need before it is served: its reservations are released, its volunteers informed."""
    command = build_command(
        CancelNeed,
        need_id=need_id,
        expected_version=expected,
        reason=words.reason,
        reason_code=words.reason_code,
    )
    return await act_on_need(backend, origin, command)


@router.post("/v1/needs/{need_id}/confirm", **describe(NeedAnswer, body=ConfirmIn, optional=True))
async def confirm_need(
    need_id: str,
    _caller: Annotated[Actor, Depends(allows(ConfirmNeed))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    words: Annotated[ConfirmIn, Depends(json_body(ConfirmIn, optional=True))],
) -> Response:
    """Confirm that a need was served: the delivered amounts are booked, the rest is free again, hours are credited.

    A need without volunteers that has got a part is confirmed by stating it, and ends as `partly_served`; likewise one
    to which nobody has come since the slot began.
    """
    command = build_command(
        ConfirmNeed, need_id=need_id, expected_version=expected, note=words.note, delivered=words.delivered
    )
    return await act_on_need(backend, origin, command)


@router.post("/v1/needs/{need_id}/undo-confirmation", **describe(NeedAnswer, body=UndoIn))
async def undo_confirmation(
    need_id: str,
    _caller: Annotated[Actor, Depends(allows(UndoConfirmation))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    words: Annotated[UndoIn, Depends(json_body(UndoIn))],
) -> Response:
    """Take back a wrong confirmation: its postings are reversed, and the delivery can be stated again.

    Within the days that the city sets. Supply that the confirmation gave back may have gone to other needs: then the
    need waits for it. Credited hours stay.
    """
    command = build_command(UndoConfirmation, need_id=need_id, expected_version=expected, reason_code=words.reason_code)
    return await act_on_need(backend, origin, command)


@router.post("/v1/needs/{need_id}/evaluate", **describe(NeedAnswer, body=EvaluateIn))
async def evaluate_need(
    need_id: str,
    _caller: Annotated[Actor, Depends(allows(EvaluateNeed))],
    backend: TheBackend,
    origin: SpokenOrigin,
    expected: ExpectedVersion,
    words: Annotated[EvaluateIn, Depends(json_body(EvaluateIn))],
) -> Response:
    """Rate a confirmed service."""
    command = build_command(
        EvaluateNeed, need_id=need_id, expected_version=expected, rating=words.rating, comment=words.comment
    )
    return await act_on_need(backend, origin, command)


# ---- reading ---------------------------------------------------------------------------------------------


@router.get("/v1/needs", **describe(Listed[NeedListed]))
async def list_needs(
    request: Request,
    caller: Reader,
    backend: TheBackend,
    limit: Limit = 50,
    after: After = None,
    area: InArea = None,
    state: Several[NeedState] = (),
    urgency: Several[Urgency] = (),
    channel: Several[IntakeChannel] = (),
    theme: Several[ThemeCode] = (),
    station_id: IdOf = None,
    external_id: NamedBy = None,
    waiting: Annotated[bool | None, Query(description="true: those that wait for supply or volunteers.")] = None,
    text: WithText = True,
) -> Response:
    """List needs, newest first. One need alone is shown with its resources, staffing and timeline, too."""
    wanted = {"state": state, "urgency": urgency, "channel": channel, "station_id": station_id, "waiting": waiting}
    rule = {**area_rule(caller, area), **filters(**wanted), **filters(**{"need.theme": theme})}
    rule |= await backend.external_ids.rule(caller, "stations", "need", external_id)
    page = await backend.views.page(NeedView, rule, limit=limit, after=after, without=STORY)
    ids = [view.id for view in page.views]
    words = await ask_words(backend, caller, ids, request.url.path) if text else {}
    items = [need_from_view(NeedListed, view, words.get(view.id, NO_WORDS)) for view in page.views]
    items = await backend.external_ids.named(caller, "stations", items)
    return reply(Listed[NeedListed](items=items, next=page.next))


@router.get("/v1/needs/{need_id}", **describe(NeedAnswer))
async def read_need(
    request: Request,
    need_id: str,
    caller: Reader,
    backend: TheBackend,
    text: WithText = True,
    explain: Annotated[bool, Query(description="true adds the parts of the triage score.")] = False,
) -> Response:
    """Show a need with its resources, its staffing, the reasons for both, and the timeline of all services."""
    view = await backend.views.one(NeedView, need_id, caller)
    if view is None:
        raise not_found("need", need_id)
    # Only now: a need that the caller does not reach is not read, and no audit row says that it was.
    words = await ask_words(backend, caller, [need_id] if text else [], request.url.path)
    need = need_from_view(NeedAnswer, view, words.get(need_id, NO_WORDS))
    owner = await backend.queries.ask(ReadNeed(need_id=need_id)) if explain else None
    shown = need if owner is None else explain_score(need, owner, backend.clock.city())
    return reply(await backend.external_ids.named_one(caller, "stations", shown))


@event_router.get("/v1/needs/{need_id}/events", **describe(FeedAnswer))
async def list_events_of_need(need_id: str, caller: Reader, backend: TheBackend, feed: TheFeed) -> Response:
    """List the events about a need, in order and whole: each names its cause. The latest 200; `next` is null."""
    view = await backend.views.one(NeedView, need_id, caller)
    if view is None:
        raise not_found("need", need_id)
    return Response(list_body(await feed.at(cursors(view.timeline))), media_type="application/json")
