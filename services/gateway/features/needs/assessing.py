"""Assessments of needs, made and read on record; the override of their triage; their number by intake channel."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.needs.actions import act_on_need
from services.gateway.features.needs.answer import NeedAnswer
from services.gateway.features.needs.counts import NeedCount
from services.gateway.features.needs.request import AssessIn, TriageIn
from services.gateway.features.needs.view import NeedView
from services.gateway.http.authentication import Reader, allows, needs
from services.gateway.http.bodies import json_body
from services.gateway.http.documented import describe
from services.gateway.http.parameters import ExpectedVersion, InArea, RequestOrigin
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply
from services.gateway.plain.answer import CountAnswer, CountsAnswer
from services.gateway.reading.areas import area_rule
from shared.contracts.access import Actor
from shared.contracts.stations.assessing import AssessNeed, NeedAssessmentsAnswer, ReadNeedAssessments
from shared.contracts.stations.triage import OverrideTriage

router = APIRouter(tags=["needs"])


@router.post("/v1/needs/{need_id}/assess", **describe(NeedAnswer, body=AssessIn))
async def assess_need(
    need_id: str,
    _caller: Annotated[Actor, Depends(allows(AssessNeed))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    asked: Annotated[AssessIn, Depends(json_body(AssessIn))],
) -> Response:
    """Assess an open need, before or after it is published, for the first time or again: earlier assessments stay."""
    return await act_on_need(backend, origin, asked.command(need_id, expected))


@router.post("/v1/needs/{need_id}/triage", **describe(NeedAnswer, body=TriageIn))
async def override_triage(
    need_id: str,
    _caller: Annotated[Actor, Depends(allows(OverrideTriage))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    asked: Annotated[TriageIn, Depends(json_body(TriageIn))],
) -> Response:
    """Give a need that nobody serves yet another score: charity and volunteering go by it. The computed one stays."""
    return await act_on_need(backend, origin, asked.command(need_id, expected))


@router.get("/v1/needs/{need_id}/assessments", **describe(NeedAssessmentsAnswer))
async def list_assessments(
    request: Request,
    need_id: str,
    caller: Annotated[Actor, Depends(needs("personal:read"))],
    backend: TheBackend,
) -> Response:
    """Show the assessments of a need with their words, the first one first. The read is recorded."""
    if await backend.views.one(NeedView, need_id, caller) is None:
        raise not_found("need", need_id)
    query = ReadNeedAssessments(need_id=need_id)
    found = await backend.queries.ask(query, actor=caller, why=f"GET {request.url.path}")
    if found is None:
        raise not_found("need", need_id)
    return reply(found)


@router.get("/v1/needs:count", **describe(CountsAnswer))
async def count_needs(caller: Reader, backend: TheBackend, area: InArea = None) -> Response:
    """Count the needs of an area by the channel through which they came, also those that have ended."""
    found = await backend.views.grouped(
        NeedCount,
        [
            {"$match": area_rule(caller, area)},
            {"$group": {"_id": "$channel", "count": {"$sum": "$count"}}},
            {"$match": {"count": {"$gt": 0}}},
            {"$sort": {"_id": 1}},
        ],
    )
    items = [CountAnswer(values={"channel": row["_id"]}, count=row["count"]) for row in found]
    return reply(CountsAnswer(total=sum(item.count for item in items), items=items))
