"""The own data, dispatches and hours of a volunteer who has signed in, and of nobody else."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.dispatch.answer import DispatchAnswer, dispatch_from_view
from services.gateway.features.dispatch.view import DispatchView
from services.gateway.features.merges.identities import find_person, person_rule
from services.gateway.features.people.answer import NOBODY, VolunteerAnswer, VolunteerPerson, volunteer_from_view
from services.gateway.features.people.view import VolunteerView
from services.gateway.features.timebank.answer import AccountAnswer, account_from_owner
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import needs
from services.gateway.http.documented import describe, may_answer
from services.gateway.http.parameters import After, IdOf, Limit, Several
from services.gateway.http.problems import Problem, not_found
from services.gateway.http.replies import reply
from services.gateway.reading.views import filters
from shared.contracts.access import Actor
from shared.contracts.volunteering.dispatch import DispatchState
from shared.contracts.volunteering.people import ReadVolunteer
from shared.contracts.volunteering.timebank import ReadTimeStatement

router = APIRouter()
MOST_ENTRIES = 200


# A coroutine although it waits for nothing: FastAPI would run a plain function in a thread.
@may_answer(403)
async def _volunteer_id(caller: Annotated[Actor, Depends(needs("own:read"))]) -> str:
    if caller.speaks_for is None:
        raise Problem(403, "not_allowed", "volunteer_needs_account")
    return caller.speaks_for


OwnId = Annotated[str, Depends(_volunteer_id)]
"""The id of the volunteer to whom the caller's account belongs."""


@router.get("/v1/me", tags=["volunteers"], **describe(VolunteerAnswer))
@may_answer(404)
async def read_own_data(request: Request, volunteer_id: OwnId, backend: TheBackend) -> Response:
    """Show your own data as a volunteer. The read is recorded."""
    caller: Actor = request.scope["state"]["caller"]
    known = await find_person(backend.views, volunteer_id)
    view = await backend.views.one(VolunteerView, known.id, caller)
    if view is None:
        raise not_found("volunteer", volunteer_id)
    found = await backend.queries.ask(ReadVolunteer(volunteer_id=volunteer_id), actor=caller, why="GET /v1/me")
    return reply(volunteer_from_view(view, NOBODY if found is None else VolunteerPerson.of(found), known))


@router.get("/v1/me/dispatches", tags=["dispatches"], **describe(Listed[DispatchAnswer]))
async def list_own_dispatches(
    volunteer_id: OwnId,
    backend: TheBackend,
    limit: Limit = 50,
    after: After = None,
    state: Several[DispatchState] = (),
) -> Response:
    """List your own dispatches (offers and bookings), newest first; answer them at `/v1/dispatches/{id}/accept`."""
    rule = {**filters(state=state), **await person_rule(backend.views, "volunteer_id", volunteer_id)}
    page = await backend.views.page(DispatchView, rule, limit=limit, after=after)
    return reply(Listed[DispatchAnswer](items=[dispatch_from_view(view) for view in page.views], next=page.next))


@router.get("/v1/me/hours", tags=["timebank"], **describe(AccountAnswer))
@may_answer(404)
async def read_own_hours(
    request: Request,
    volunteer_id: OwnId,
    backend: TheBackend,
    limit: Annotated[int, Query(ge=1, le=MOST_ENTRIES)] = 50,
    after: IdOf = None,
) -> Response:
    """Show your own balance in the time bank, and the statement with each credit, its time and its dispatch."""
    person = await find_person(backend.views, volunteer_id)
    view = await backend.views.one(VolunteerView, person.id, request.scope["state"]["caller"])
    if view is None:
        raise not_found("volunteer", volunteer_id)
    page = await backend.queries.ask(ReadTimeStatement(volunteer_id=volunteer_id, after=after, limit=limit))
    return reply(account_from_owner(page.volunteer_id, view.area, page))
