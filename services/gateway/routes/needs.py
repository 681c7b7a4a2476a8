"""Needs (需求): taken in one by one or in bulk, published, cancelled, confirmed, evaluated; read with their story."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic_core import to_json
from starlette.responses import Response

from services.gateway.auth import Reading, Writing, check_area
from services.gateway.bodies import describes, json_body, parse
from services.gateway.domain.reading import STORY, need_as_read, need_from_owner
from services.gateway.domain.scopes import Caller
from services.gateway.house import Asked, ExpectedVersion, House, In, reply
from services.gateway.models.answers import BatchAnswer, Listed, NeedAnswer, NeedListed
from services.gateway.models.requests import CancelIn, ConfirmIn, EvaluateIn, NeedIn, NeedsIn, NoWords
from services.gateway.problems import Problem, document, from_refusal, missing
from services.gateway.routes.documented import ANSWERS, created, read, tells
from services.gateway.settling import Sight
from services.gateway.views import After, IdOf, InArea, Limit, area_rule, only
from shared.contracts import Command, Refused
from shared.contracts.need_parts import Urgency
from shared.contracts.stations.needs import (
    CancelNeed,
    ConfirmNeed,
    EvaluateNeed,
    NeedState,
    PublishNeed,
    RegisterNeed,
    RegisterNeeds,
)
from shared.runtime.logging import get_logger

router = APIRouter(tags=["needs"], responses=ANSWERS)
COLLECTION: Final = "needs"
NeedBody = Annotated[NeedIn, Depends(json_body(NeedIn))]
WithText = Annotated[
    bool, Query(description="false leaves out titles and other words about people, and asks nobody for them.")
]

# ---- writing ---------------------------------------------------------------------------------------------


@router.post("/v1/needs", openapi_extra=describes(NeedIn), **tells(NeedAnswer, new=True))
async def register_need(caller: Writing, house: In, origin: Asked, need: NeedBody) -> Response:
    """Take in a need, and publish it at once where asked: then resources are linked and volunteers dispatched."""
    await _check_station(house, caller, need.station_id, "station_id")
    answer = await house.commands.send(RegisterNeed, need.fields(), origin)
    view = await house.shown(COLLECTION, answer)
    words = _own_words(need, answer["lines"])
    body = need_from_owner(answer, words) if view is None else need_as_read(view, words)
    return created(body, f"/v1/needs/{answer['id']}")


@router.post("/v1/needs:batch", openapi_extra=describes(NeedsIn), **tells(BatchAnswer))
async def register_needs(
    request: Request,
    caller: Writing,
    house: In,
    origin: Asked,
    batch: Annotated[NeedsIn, Depends(json_body(NeedsIn, size="batch"))],
) -> Response:
    """Take in up to 200 needs, each on its own: `items` are in the order posted, `{"status", "need" | "error"}`."""
    items = [_checked(raw, request.url.path) for raw in batch.needs]
    items = [await _within(house, caller, item, request.url.path) for item in items]
    wanted = [item for item in items if isinstance(item, NeedIn)]
    answers: list[dict[str, Any]] = []
    if wanted:
        fields = {"needs": [need.fields() for need in wanted]}
        answers = (await house.commands.send(RegisterNeeds, fields, origin))["items"]
    views = await _shown_all(house, [a["ok"] for a in answers if "ok" in a])
    told = iter(answers)
    told_items = [
        _item(next(told), item, views, request.url.path) if isinstance(item, NeedIn) else item for item in items
    ]
    return reply({"items": told_items})


@router.post("/v1/needs/{need_id}/publish", openapi_extra=describes(NoWords, required=False), **tells(NeedAnswer))
async def publish_need(
    need_id: str,
    caller: Writing,
    house: In,
    origin: Asked,
    expected: ExpectedVersion,
    _: Annotated[NoWords, Depends(json_body(NoWords, optional=True))],
) -> Response:
    """Publish a draft: that alone links resources and dispatches volunteers."""
    return await _act(house, caller, origin, PublishNeed, {"need_id": need_id, "expected_version": expected})


@router.post("/v1/needs/{need_id}/cancel", openapi_extra=describes(CancelIn, required=False), **tells(NeedAnswer))
async def cancel_need(
    need_id: str,
    caller: Writing,
    house: In,
    origin: Asked,
    expected: ExpectedVersion,
    words: Annotated[CancelIn, Depends(json_body(CancelIn, optional=True))],
) -> Response:
    """End it before it is served: reservations are released, volunteers are told."""
    fields = {"need_id": need_id, "expected_version": expected, "reason": words.reason}
    return await _act(house, caller, origin, CancelNeed, fields)


@router.post("/v1/needs/{need_id}/confirm", openapi_extra=describes(ConfirmIn, required=False), **tells(NeedAnswer))
async def confirm_need(
    need_id: str,
    caller: Writing,
    house: In,
    origin: Asked,
    expected: ExpectedVersion,
    words: Annotated[ConfirmIn, Depends(json_body(ConfirmIn, optional=True))],
) -> Response:
    """Confirm that it was served: gifts are booked, hours are credited."""
    fields = {"need_id": need_id, "expected_version": expected, "note": words.note}
    return await _act(house, caller, origin, ConfirmNeed, fields)


@router.post("/v1/needs/{need_id}/evaluate", openapi_extra=describes(EvaluateIn), **tells(NeedAnswer))
async def evaluate_need(
    need_id: str,
    caller: Writing,
    house: In,
    origin: Asked,
    expected: ExpectedVersion,
    words: Annotated[EvaluateIn, Depends(json_body(EvaluateIn))],
) -> Response:
    """Rate a confirmed service."""
    fields = {"need_id": need_id, "expected_version": expected, **words.model_dump()}
    return await _act(house, caller, origin, EvaluateNeed, fields)


# ---- reading ---------------------------------------------------------------------------------------------


@router.get("/v1/needs", **tells(Listed[NeedListed]))
async def list_needs(
    request: Request,
    caller: Reading,
    house: In,
    limit: Limit = 50,
    after: After = None,
    area: InArea = None,
    state: NeedState | None = None,
    urgency: Urgency | None = None,
    station_id: IdOf = None,
    waiting: Annotated[bool | None, Query(description="true: those that wait for supply or volunteers.")] = None,
    text: WithText = True,
) -> Response:
    """Needs, newest first; one by one they also tell their story."""
    rule = {**area_rule(caller, area), **only(state=state, urgency=urgency, station_id=station_id, waiting=waiting)}
    page = await house.views.page(COLLECTION, rule, limit=limit, after=after)
    ids = [view["_id"] for view in page.documents]
    words = await _texts(house, caller, ids, request.url.path) if text else {}
    return reply(page.of([need_as_read(view, words.get(view["_id"]), whole=False) for view in page.documents]))


@router.get("/v1/needs/{need_id}", **tells(NeedAnswer))
async def read_need(
    request: Request,
    need_id: str,
    caller: Reading,
    house: In,
    text: WithText = True,
    explain: Annotated[bool, Query(description="true adds what the triage score is made of.")] = False,
) -> Response:
    """A need with what is linked to it, who goes there, why, and its timeline from all three services."""
    asking = _texts(house, caller, [need_id], request.url.path) if text else _no_texts()
    view, words = await asyncio.gather(house.views.one(COLLECTION, need_id), asking)
    if view is None:
        raise missing("need", need_id)
    check_area(caller, view["area"])
    told = await read(house, "stations", "need", need_id) if explain else {}
    parts = {name: told[name] for name in ("severity", "score_parts") if name in told}
    return reply({**need_as_read(view, words.get(need_id)), **parts})


# ---- parts -----------------------------------------------------------------------------------------------


async def _act(house: House, caller: Caller, origin: Asked, kind: type[Command], fields: Mapping[str, Any]) -> Response:
    need_id = str(fields["need_id"])
    if caller.area:
        view = await house.views.one(COLLECTION, need_id)
        if view is None:
            raise missing("need", need_id)
        check_area(caller, view["area"])
    answer = await house.commands.send(kind, fields, origin)
    view = await house.shown(COLLECTION, answer)
    return reply(need_from_owner(answer, None) if view is None else need_as_read(view, None))


async def _check_station(house: House, caller: Caller, station_id: str, field: str) -> None:
    if not caller.area:
        return  # stations itself says whether it exists
    station = await house.views.one("stations", station_id)
    if station is None:
        raise Problem.about(
            field, "known station", f"There is no station {station_id}: check the id.", status=404, code="not_found"
        )
    check_area(caller, station["area"])


def _checked(raw: Any, path: str) -> NeedIn | dict[str, Any]:
    try:
        return parse(NeedIn, to_json(raw))
    except Problem as problem:
        return {"status": problem.status, "error": document(problem, path)}


async def _within(house: House, caller: Caller, item: NeedIn | dict[str, Any], path: str) -> NeedIn | dict[str, Any]:
    if isinstance(item, NeedIn):
        try:
            await _check_station(house, caller, item.station_id, "station_id")
        except Problem as problem:
            return {"status": problem.status, "error": document(problem, path)}
    return item


async def _shown_all(house: House, taken: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    found = await house.settling.seen([Sight(COLLECTION, need["id"], need["version"]) for need in taken])
    return {view["_id"]: view for view in house.views.today(COLLECTION, found)}


def _item(answer: Mapping[str, Any], need: NeedIn, views: Mapping[str, Any], path: str) -> dict[str, Any]:
    if "error" in answer:
        problem = from_refusal(Refused.from_json(answer["error"]))
        return {"status": problem.status, "error": document(problem, path)}
    taken = answer["ok"]
    view = views.get(taken["id"])
    words = _own_words(need, taken["lines"])
    if view is None:
        read = need_from_owner(taken, words)
        return {"status": 201, "need": {k: v for k, v in read.items() if k not in STORY}}
    return {"status": 201, "need": need_as_read(view, words, whole=False)}


def _own_words(need: NeedIn, lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the caller has just written, given back to the caller."""
    ids = [line["id"] for line in lines]
    purposes = {
        line_id: asked.purpose
        for line_id, asked in zip(ids, need.lines, strict=False)
        if asked.kind == "money" and asked.purpose
    }
    return {"title": need.title, "location": need.location.model_dump(), "purposes": purposes}


async def _texts(house: House, caller: Caller, ids: Sequence[str], path: str) -> dict[str, dict[str, Any]]:
    """Titles and the like, for those who may read them; none where stations cannot be asked now."""
    if not caller.may("personal") or not ids or house.queries.silent("stations"):
        return {}
    try:
        return await read(house, "stations", "need_text", list(ids), asked_by=caller.key_id, why=f"GET {path}")
    except Refused as refusal:
        get_logger().warning("need_texts_missing", code=refusal.code)
        return {}


async def _no_texts() -> dict[str, dict[str, Any]]:
    return {}
