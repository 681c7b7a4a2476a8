"""The residents whom a need is about, and the needs of a resident: read on record, by those who see residents."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.needs.answer import NeedListed, need_from_view
from services.gateway.features.needs.request import NamedIn
from services.gateway.features.needs.view import NeedView
from services.gateway.features.needs.words import NO_WORDS
from services.gateway.features.residents.view import ResidentView
from services.gateway.http.answers import Answer
from services.gateway.http.authentication import allows, needs
from services.gateway.http.bodies import json_body
from services.gateway.http.documented import describe
from services.gateway.http.parameters import ExpectedVersion, IdOf, Limit, RequestOrigin
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply
from services.gateway.reading.areas import area_rule
from shared.contracts.access import Actor
from shared.contracts.stations import need_residents as contract
from shared.contracts.stations.need_residents import ListResidentNeeds, NameResidents, ReadNeedResidents
from shared.contracts.stations.residents import READ

router = APIRouter(tags=["needs"])
ResidentReader = Annotated[Actor, Depends(needs(READ))]
_RESIDENT: Final = "resident"


class NamedAnswer(Answer):
    """The number of residents whom a need names."""

    need_id: str
    count: int = Field(description="The residents whom the need names now.")


class NeedResidentsAnswer(Answer):
    """The residents whom a need is about. Each answer is on record."""

    need_id: str
    residents: list[str] = Field(description="Their ids; of a merged one that of the resident who stands for it.")


class ResidentNeedsAnswer(Answer):
    """The needs of a resident, newest first. Each answer is on record."""

    resident_id: str
    items: list[NeedListed]
    next: str | None = Field(description="Give it as `after` for the page that follows; null on the last.")


@router.post("/v1/needs/{need_id}/residents", **describe(NamedAnswer, body=NamedIn))
async def name_residents(
    need_id: str,
    _caller: Annotated[Actor, Depends(allows(NameResidents))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    asked: Annotated[NamedIn, Depends(json_body(NamedIn))],
) -> Response:
    """Name the residents whom a need is about, in the place of those named before. No event carries them."""
    answer = await backend.commands.send(asked.command(need_id, expected), contract.NamedResidents, origin)
    return reply(NamedAnswer(need_id=answer.need_id, count=answer.count))


@router.get("/v1/needs/{need_id}/residents", **describe(NeedResidentsAnswer))
async def read_need_residents(request: Request, need_id: str, caller: ResidentReader, backend: TheBackend) -> Response:
    """Show the residents whom a need is about, by id. The read is recorded."""
    if await backend.views.one(NeedView, need_id, caller) is None:
        raise not_found("need", need_id)
    query = ReadNeedResidents(need_id=need_id)
    found = await backend.queries.ask(query, actor=caller, why=f"GET {request.url.path}")
    if found is None:
        raise not_found("need", need_id)
    return reply(NeedResidentsAnswer(need_id=need_id, residents=list(found.residents)))


@router.get("/v1/residents/{resident_id}/needs", **describe(ResidentNeedsAnswer))
async def list_needs_of_resident(  # noqa: PLR0917 - FastAPI gives the arguments by name
    request: Request,
    resident_id: str,
    caller: ResidentReader,
    backend: TheBackend,
    limit: Limit = 50,
    after: Annotated[IdOf, Query(description="`next` of the page before.")] = None,
) -> Response:
    """List the needs that are about a resident, under every merged id, newest first. The read is recorded."""
    if await backend.views.one(ResidentView, resident_id, caller) is None:
        raise not_found(_RESIDENT, resident_id)
    query = ListResidentNeeds(resident_id=resident_id, after=after, limit=limit)
    found = await backend.queries.ask(query, actor=caller, why=f"GET {request.url.path}")
    if found is None:
        raise not_found(_RESIDENT, resident_id)
    rule = {**area_rule(caller, None), "_id": {"$in": list(found.needs)}}
    views = await backend.views.some(NeedView, rule, len(found.needs)) if found.needs else []
    shown = sorted(views, key=lambda view: view.id, reverse=True)
    items = [need_from_view(NeedListed, view, NO_WORDS) for view in shown]
    return reply(ResidentNeedsAnswer(resident_id=found.resident_id, items=items, next=found.next))
