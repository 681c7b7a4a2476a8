"""The paths of social workers beside those of every plain thing: the search for one, and the personal data."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.people.answer import FoundPerson, PeopleFoundAnswer
from services.gateway.features.workers import FEATURE
from services.gateway.features.workers.answer import WorkerParticularsAnswer
from services.gateway.features.workers.request import WorkerLookUpIn
from services.gateway.http.authentication import needs, require
from services.gateway.http.bodies import json_body
from services.gateway.http.documented import describe
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply
from shared.contracts.access import Actor
from shared.contracts.stations.worker_queries import LookUpWorkers, ReadWorker, WorkerLookUp
from shared.contracts.stations.workers import READ

router = APIRouter(tags=[FEATURE.path])
Reader = Annotated[Actor, Depends(needs(READ))]
NOUN: Final = FEATURE.noun


@router.post("/v1/workers/look-up", **describe(PeopleFoundAnswer, body=WorkerLookUpIn))
async def look_up_workers(
    caller: Reader, backend: TheBackend, wanted: Annotated[WorkerLookUpIn, Depends(json_body(WorkerLookUpIn))]
) -> Response:
    """Find social workers by name, telephone, or number of the certificate, for keys with `personal:read` as well.

    Within the key's area; answered by reference alone, at most 20. Every look-up is recorded.
    """
    require(caller, "personal:read")
    asked = LookUpWorkers(**wanted.model_dump(include=set(WorkerLookUp.model_fields)))
    found = await backend.queries.ask(asked, actor=caller, why=wanted.why)
    items = [FoundPerson(kind=one.kind, id=one.id, area=one.area) for one in found.items]
    return reply(PeopleFoundAnswer(items=items, more=found.more, unanswered=[]))


@router.get("/v1/workers/{worker_id}/particulars", **describe(WorkerParticularsAnswer))
async def read_worker_particulars(request: Request, worker_id: str, caller: Reader, backend: TheBackend) -> Response:
    """Show the personal data of a social worker, for keys with `personal:read` as well. The read is recorded."""
    require(caller, "personal:read")
    if await backend.views.one(FEATURE.view, worker_id, caller) is None:
        raise not_found(NOUN, worker_id)
    asked = ReadWorker(worker_id=worker_id)
    found = await backend.queries.ask(asked, actor=caller, why=f"GET {request.url.path}")
    if found is None:
        raise not_found(NOUN, worker_id)
    return reply(WorkerParticularsAnswer.model_validate(found.model_dump(mode="json")))
