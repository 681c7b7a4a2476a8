"""Needs that may be registered twice, and the end of one of two as a duplicate."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.needs.actions import act_on_need
from services.gateway.features.needs.answer import LikelyDuplicate, NeedAnswer, NeedListed, need_from_view
from services.gateway.features.needs.duplicates import find_duplicates
from services.gateway.features.needs.request import MergeNeedIn
from services.gateway.features.needs.view import NeedView
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import Reader, allows
from services.gateway.http.bodies import json_body
from services.gateway.http.documented import describe
from services.gateway.http.parameters import ExpectedVersion, RequestOrigin
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply
from shared.contracts.access import Actor
from shared.contracts.stations.need_merging import MergeNeed

router = APIRouter(tags=["needs"])


@router.post("/v1/needs/{need_id}/merge", **describe(NeedAnswer, body=MergeNeedIn))
async def merge_need(
    need_id: str,
    _caller: Annotated[Actor, Depends(allows(MergeNeed))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    asked: Annotated[MergeNeedIn, Depends(json_body(MergeNeedIn))],
) -> Response:
    """End a need as a duplicate of another need of its station: `cancelled`, with the other one in `merged_into`.

    Its supply is released and its volunteers informed; the other goes on, with the lines that it takes over.
    """
    return await act_on_need(backend, origin, asked.command(need_id, expected))


@router.get("/v1/needs/{need_id}/duplicates", **describe(Listed[LikelyDuplicate]))
async def list_duplicates(need_id: str, caller: Reader, backend: TheBackend) -> Response:
    """List the needs that may be the same as this one, the most alike first: at most 5; `next` is null.

    With `residents:read` also those about the same residents or households, which is recorded as read.
    """
    view = await backend.views.one(NeedView, need_id, caller)
    if view is None:
        raise not_found("need", need_id)
    found = await find_duplicates(backend, caller, [need_from_view(NeedListed, view)], [need_id])
    return reply(Listed[LikelyDuplicate](items=list(found[need_id]), next=None))
