"""The telephone of a volunteer who comes to a need: for those who run the need, read on record."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.needs.view import NeedView
from services.gateway.http.authentication import needs
from services.gateway.http.documented import describe
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply
from shared.contracts.access import Actor
from shared.contracts.volunteering.contacts import ReadVolunteerContact, VolunteerContact

router = APIRouter(tags=["volunteers"])


@router.get("/v1/needs/{need_id}/volunteers/{volunteer_id}", **describe(VolunteerContact))
async def read_volunteer_contact(
    request: Request,
    need_id: str,
    volunteer_id: str,
    caller: Annotated[Actor, Depends(needs("personal:read"))],
    backend: TheBackend,
) -> Response:
    """Show name and telephone of a volunteer who has accepted to come, from any area. The read is recorded.

    From the acceptance until the need is confirmed, cancelled or unmet; nothing of those who were only asked.
    """
    if await backend.views.one(NeedView, need_id, caller) is None:
        raise not_found("need", need_id)
    query = ReadVolunteerContact(need_id=need_id, volunteer_id=volunteer_id)
    found = await backend.queries.ask(query, actor=caller, why=f"GET {request.url.path}")
    if found is None:
        raise not_found("volunteer", volunteer_id)
    return reply(found)
