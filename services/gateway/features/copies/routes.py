"""The copy of all that is held on a person."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.copies.answer import CopyAnswer
from services.gateway.features.copies.gathering import gather
from services.gateway.features.copies.request import CopyIn
from services.gateway.features.merges.identities import with_merged_ids
from services.gateway.http.answers import PersonAnswer
from services.gateway.http.authentication import needs
from services.gateway.http.bodies import json_body
from services.gateway.http.documented import describe, may_answer
from services.gateway.http.replies import reply
from shared.contracts.access import Actor

router = APIRouter(tags=["people"])


@router.post("/v1/people/copies", **describe(CopyAnswer, body=CopyIn))
@may_answer(409)
async def copy_people(
    caller: Annotated[Actor, Depends(needs("people:copy"))],
    backend: TheBackend,
    asked: Annotated[CopyIn, Depends(json_body(CopyIn))],
) -> Response:
    """Copy all that the services hold on a person into one file; each service records the read.

    A service that does not answer is named, and the file is then called incomplete. Ids that were merged with one of
    the references belong to the same person and are in the copy.
    """
    people = await with_merged_ids(backend.views, asked.people, caller)
    services = await gather(backend.queries, caller, people, asked.reason)
    complete = all(part.complete for part in services)
    made_at = backend.clock.city().isoformat()
    answer = reply(
        CopyAnswer(
            people=[PersonAnswer.of(person) for person in people],
            made_at=made_at,
            complete=complete,
            services=services,
        )
    )
    name = "personal-data.json" if complete else "personal-data-incomplete.json"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
