"""Volunteers, their dispatches (派单) and their time-bank accounts (时间银行)."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.gateway.auth import Reading, Writing, check_area
from services.gateway.bodies import describes, json_body
from services.gateway.domain.reading import balance_as_read, dispatch_as_read, volunteer_as_read
from services.gateway.domain.scopes import Caller
from services.gateway.house import Asked, ExpectedVersion, House, In, reply
from services.gateway.models.answers import Listed
from services.gateway.models.requests import NoWords
from services.gateway.models.volunteering import AccountAnswer, BalanceAnswer, DispatchAnswer, VolunteerAnswer
from services.gateway.problems import missing
from services.gateway.routes.documented import ANSWERS, created, read, tells
from services.gateway.views import After, IdOf, InArea, Limit, area_rule, only
from shared.contracts import Command
from shared.contracts.messages import Label
from shared.contracts.volunteering.dispatch import AcceptOffer, CheckIn, CheckOut, DeclineOffer, DispatchState
from shared.contracts.volunteering.people import RegisterVolunteer

router = APIRouter(responses=ANSWERS)
MOST_ENTRIES: Final = 200
NoBody = Annotated[NoWords, Depends(json_body(NoWords, optional=True))]

# ---- volunteers ------------------------------------------------------------------------------------------


@router.post(
    "/v1/volunteers",
    tags=["volunteers"],
    openapi_extra=describes(RegisterVolunteer),
    **tells(VolunteerAnswer, new=True),
)
async def register_volunteer(
    caller: Writing,
    house: In,
    origin: Asked,
    volunteer: Annotated[RegisterVolunteer, Depends(json_body(RegisterVolunteer))],
) -> Response:
    """Register a volunteer. Name and phone stay with volunteering, encrypted."""
    check_area(caller, volunteer.area)
    await house.known_areas.check(volunteer.area, "area")
    fields = volunteer.model_dump(mode="json")
    answer = await house.commands.send(RegisterVolunteer, fields, origin)
    view = await house.shown("volunteers", answer)
    return created(answer if view is None else volunteer_as_read(view, fields), f"/v1/volunteers/{answer['id']}")


@router.get("/v1/volunteers", tags=["volunteers"], **tells(Listed[VolunteerAnswer]))
async def list_volunteers(
    caller: Reading,
    house: In,
    limit: Limit = 50,
    after: After = None,
    area: InArea = None,
    skill: Label | None = None,
    language: Label | None = None,
) -> Response:
    """Volunteers, newest first; who they are is told one by one only."""
    rule = {**area_rule(caller, area), **only(skills=skill, languages=language)}
    page = await house.views.page("volunteers", rule, limit=limit, after=after)
    return reply(page.of([volunteer_as_read(view, None) for view in page.documents]))


@router.get("/v1/volunteers/{volunteer_id}", tags=["volunteers"], **tells(VolunteerAnswer))
async def read_volunteer(request: Request, volunteer_id: str, caller: Reading, house: In) -> Response:
    """One volunteer; name and phone for keys with the permission `personal`, and that is recorded."""
    view = await house.views.one("volunteers", volunteer_id)
    if view is None:
        raise missing("volunteer", volunteer_id)
    check_area(caller, view["area"])
    who: dict[str, Any] = {}
    if caller.may("personal"):
        why = f"GET {request.url.path}"
        who = await read(house, "volunteering", "volunteer", volunteer_id, asked_by=caller.key_id, why=why)
    return reply(volunteer_as_read(view, who))


# ---- dispatches ------------------------------------------------------------------------------------------


@router.get("/v1/dispatches", tags=["dispatches"], **tells(Listed[DispatchAnswer]))
async def list_dispatches(
    caller: Reading,
    house: In,
    limit: Limit = 50,
    after: After = None,
    area: InArea = None,
    need_id: IdOf = None,
    volunteer_id: IdOf = None,
    state: DispatchState | None = None,
) -> Response:
    """Who is asked or booked for which need, newest first."""
    rule = {**area_rule(caller, area), **only(need_id=need_id, volunteer_id=volunteer_id, state=state)}
    page = await house.views.page("dispatches", rule, limit=limit, after=after)
    return reply(page.of([dispatch_as_read(view) for view in page.documents]))


@router.get("/v1/dispatches/{dispatch_id}", tags=["dispatches"], **tells(DispatchAnswer))
async def read_dispatch(dispatch_id: str, caller: Reading, house: In) -> Response:
    """One dispatch, and why this volunteer."""
    view = await house.views.one("dispatches", dispatch_id)
    if view is None:
        raise missing("dispatch", dispatch_id)
    check_area(caller, view["area"])
    return reply(dispatch_as_read(view))


@router.post(
    "/v1/dispatches/{dispatch_id}/accept",
    tags=["dispatches"],
    openapi_extra=describes(NoWords, required=False),
    **tells(DispatchAnswer),
)
async def accept(
    dispatch_id: str, caller: Writing, house: In, origin: Asked, expected: ExpectedVersion, _: NoBody
) -> Response:
    """Accept an offer: first come, first served."""
    return await _act(house, caller, origin, AcceptOffer, dispatch_id, expected)


@router.post(
    "/v1/dispatches/{dispatch_id}/decline",
    tags=["dispatches"],
    openapi_extra=describes(NoWords, required=False),
    **tells(DispatchAnswer),
)
async def decline(
    dispatch_id: str, caller: Writing, house: In, origin: Asked, expected: ExpectedVersion, _: NoBody
) -> Response:
    """Decline an offer, or withdraw before it begins: somebody else is asked at once."""
    return await _act(house, caller, origin, DeclineOffer, dispatch_id, expected)


@router.post(
    "/v1/dispatches/{dispatch_id}/check-in",
    tags=["dispatches"],
    openapi_extra=describes(NoWords, required=False),
    **tells(DispatchAnswer),
)
async def check_in(
    dispatch_id: str, caller: Writing, house: In, origin: Asked, expected: ExpectedVersion, _: NoBody
) -> Response:
    """Begin the service; the server's clock counts."""
    return await _act(house, caller, origin, CheckIn, dispatch_id, expected)


@router.post(
    "/v1/dispatches/{dispatch_id}/check-out",
    tags=["dispatches"],
    openapi_extra=describes(NoWords, required=False),
    **tells(DispatchAnswer),
)
async def check_out(
    dispatch_id: str, caller: Writing, house: In, origin: Asked, expected: ExpectedVersion, _: NoBody
) -> Response:
    """End the service; the hours are credited once the station confirms it."""
    return await _act(house, caller, origin, CheckOut, dispatch_id, expected)


async def _act(
    house: House, caller: Caller, origin: Asked, kind: type[Command], dispatch_id: str, expected: int | None
) -> Response:
    if caller.area:
        view = await house.views.one("dispatches", dispatch_id)
        if view is None:
            raise missing("dispatch", dispatch_id)
        check_area(caller, view["area"])
    fields = {"dispatch_id": dispatch_id, "expected_version": expected}
    answer = await house.commands.send(kind, fields, origin)
    view = await house.shown("dispatches", {"id": dispatch_id, **answer})
    return reply(answer if view is None else dispatch_as_read(view))


# ---- time bank -------------------------------------------------------------------------------------------


@router.get("/v1/timebank", tags=["timebank"], **tells(Listed[BalanceAnswer]))
async def list_balances(
    caller: Reading, house: In, limit: Limit = 50, after: After = None, area: InArea = None
) -> Response:
    """Volunteers who have hours, with their balance in minutes."""
    page = await house.views.page("timebank", area_rule(caller, area), limit=limit, after=after)
    return reply(page.of([balance_as_read(view) for view in page.documents]))


@router.get("/v1/timebank/{volunteer_id}", tags=["timebank"], **tells(AccountAnswer))
async def read_account(
    volunteer_id: str,
    caller: Reading,
    house: In,
    limit: Annotated[int, Query(ge=1, le=MOST_ENTRIES)] = 50,
    after: IdOf = None,
) -> Response:
    """One volunteer's balance, and the statement: what was credited when, and for which need."""
    volunteer = await house.views.one("volunteers", volunteer_id)
    if volunteer is None:
        raise missing("volunteer", volunteer_id)
    check_area(caller, volunteer["area"])
    statement = await read(house, "volunteering", "statement", volunteer_id, after, limit)
    entries = {"items": statement.get("items", []), "next": statement.get("next")}
    balance = statement.get("balance_minutes", 0)
    return reply(
        {
            "volunteer_id": volunteer_id,
            "area": volunteer["area"],
            "balance_minutes": balance,
            "statement": entries,
        }
    )
