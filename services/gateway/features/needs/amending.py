"""Corrections of needs: drafts are edited, published needs amended."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.needs.actions import act_on_need
from services.gateway.features.needs.answer import NeedAnswer
from services.gateway.features.needs.request import AmendIn, EditIn
from services.gateway.http.authentication import allows
from services.gateway.http.bodies import json_body
from services.gateway.http.documented import describe
from services.gateway.http.parameters import ExpectedVersion, RequestOrigin
from shared.contracts.access import Actor
from shared.contracts.stations.amending import AmendNeed, EditNeed

router = APIRouter(tags=["needs"])


@router.post("/v1/needs/{need_id}/edit", **describe(NeedAnswer, body=EditIn))
async def edit_need(
    need_id: str,
    _caller: Annotated[Actor, Depends(allows(EditNeed))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    change: Annotated[EditIn, Depends(json_body(EditIn))],
) -> Response:
    """Correct a draft; null leaves a field as it is. Its waiting counts from its registration as before."""
    return await act_on_need(backend, origin, change.command(need_id, expected))


@router.post("/v1/needs/{need_id}/amend", **describe(NeedAnswer, body=AmendIn))
async def amend_need(
    need_id: str,
    _caller: Annotated[Actor, Depends(allows(AmendNeed))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    change: Annotated[AmendIn, Depends(json_body(AmendIn))],
) -> Response:
    """Amend a published need that nobody has begun to serve, upwards or downwards; null leaves a part as it is.

    Supply no longer requested is given back and offered on, additional supply is searched for. Those booked for
    a slot that is moved are asked first for the new one.
    """
    return await act_on_need(backend, origin, change.command(need_id, expected))
