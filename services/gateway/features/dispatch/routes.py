"""Dispatches (派单)."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.dispatch.answer import DispatchAnswer, dispatch_from_view
from services.gateway.features.dispatch.request import AdjustmentIn, HoursIn
from services.gateway.features.dispatch.view import DispatchView
from services.gateway.features.merges.identities import person_rule
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import Reader, allows
from services.gateway.http.bodies import EmptyBody, build_command, json_body
from services.gateway.http.documented import describe
from services.gateway.http.parameters import (
    After,
    ExpectedVersion,
    IdOf,
    InArea,
    Limit,
    RequestOrigin,
    Several,
    SpokenOrigin,
)
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply
from services.gateway.messaging.commands import Origin
from services.gateway.reading.areas import area_rule
from services.gateway.reading.views import filters
from shared.contracts import Command
from shared.contracts.access import Actor
from shared.contracts.volunteering import dispatch as contract
from shared.contracts.volunteering.dispatch import (
    AcceptOffer,
    AdjustHours,
    CheckIn,
    CheckOut,
    DeclineOffer,
    DispatchState,
    StateHours,
)

router = APIRouter(tags=["dispatches"])
NoBody = Annotated[EmptyBody, Depends(json_body(EmptyBody, optional=True))]
_ACTION: Final = describe(DispatchAnswer, body=EmptyBody, optional=True)


@router.get("/v1/dispatches", **describe(Listed[DispatchAnswer]))
async def list_dispatches(
    caller: Reader,
    backend: TheBackend,
    limit: Limit = 50,
    after: After = None,
    area: InArea = None,
    need_id: IdOf = None,
    volunteer_id: IdOf = None,
    state: Several[DispatchState] = (),
) -> Response:
    """List dispatches (offers and bookings), newest first; of a volunteer those under every merged id."""
    whose = await person_rule(backend.views, "volunteer_id", volunteer_id)
    rule = {**area_rule(caller, area), **filters(need_id=need_id, state=state), **whose}
    page = await backend.views.page(DispatchView, rule, limit=limit, after=after)
    return reply(Listed[DispatchAnswer](items=[dispatch_from_view(view) for view in page.views], next=page.next))


@router.get("/v1/dispatches/{dispatch_id}", **describe(DispatchAnswer))
async def read_dispatch(dispatch_id: str, caller: Reader, backend: TheBackend) -> Response:
    """Show one dispatch, and why this volunteer was chosen."""
    view = await backend.views.one(DispatchView, dispatch_id, caller)
    if view is None:
        raise not_found("dispatch", dispatch_id)
    return reply(dispatch_from_view(view))


@router.post("/v1/dispatches/{dispatch_id}/accept", **_ACTION)
async def accept_offer(
    dispatch_id: str,
    _caller: Annotated[Actor, Depends(allows(AcceptOffer))],
    backend: TheBackend,
    origin: SpokenOrigin,
    expected: ExpectedVersion,
    _: NoBody,
) -> Response:
    """Accept an offer: first come, first served. A decline is taken back the same way while a place is open."""
    return await _act(AcceptOffer, dispatch_id, backend, origin, expected)


@router.post("/v1/dispatches/{dispatch_id}/decline", **_ACTION)
async def decline_offer(
    dispatch_id: str,
    _caller: Annotated[Actor, Depends(allows(DeclineOffer))],
    backend: TheBackend,
    origin: SpokenOrigin,
    expected: ExpectedVersion,
    _: NoBody,
) -> Response:
    """Decline an offer, or withdraw before the service begins: another volunteer is asked at once."""
    return await _act(DeclineOffer, dispatch_id, backend, origin, expected)


@router.post("/v1/dispatches/{dispatch_id}/check-in", **_ACTION)
async def check_in(
    dispatch_id: str,
    _caller: Annotated[Actor, Depends(allows(CheckIn))],
    backend: TheBackend,
    origin: SpokenOrigin,
    expected: ExpectedVersion,
    _: NoBody,
) -> Response:
    """Begin the service; the server's clock counts."""
    return await _act(CheckIn, dispatch_id, backend, origin, expected)


@router.post("/v1/dispatches/{dispatch_id}/check-out", **_ACTION)
async def check_out(
    dispatch_id: str,
    _caller: Annotated[Actor, Depends(allows(CheckOut))],
    backend: TheBackend,
    origin: SpokenOrigin,
    expected: ExpectedVersion,
    _: NoBody,
) -> Response:
    """End the service; the hours are credited once the station confirms it."""
    return await _act(CheckOut, dispatch_id, backend, origin, expected)


@router.post("/v1/dispatches/{dispatch_id}/hours", **describe(DispatchAnswer, body=HoursIn))
async def state_hours(
    dispatch_id: str,
    _caller: Annotated[Actor, Depends(allows(StateHours))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    stated: Annotated[HoursIn, Depends(json_body(HoursIn))],
) -> Response:
    """State when a volunteer came and left, in the volunteer's place: who forgot to check out is credited by it."""
    return await _act(
        StateHours, dispatch_id, backend, origin, expected,
        came_at=stated.came_at, left_at=stated.left_at, reason_code=stated.reason_code,
    )  # fmt: skip


@router.post("/v1/dispatches/{dispatch_id}/adjust-hours", **describe(DispatchAnswer, body=AdjustmentIn))
async def adjust_hours(
    dispatch_id: str,
    _caller: Annotated[Actor, Depends(allows(AdjustHours))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    adjusted: Annotated[AdjustmentIn, Depends(json_body(AdjustmentIn))],
) -> Response:
    """Adjust the minutes of a credited service: a reversal and a new transfer, by a second person.

    Minutes that are spent already are not taken back: they stand as `short_minutes` until they are collected.
    """
    return await _act(
        AdjustHours, dispatch_id, backend, origin, expected,
        minutes=adjusted.minutes, reason_code=adjusted.reason_code,
    )  # fmt: skip


async def _act(
    kind: type[Command], dispatch_id: str, backend: Backend, origin: Origin, expected: int | None, **more: object
) -> Response:
    command = build_command(kind, dispatch_id=dispatch_id, expected_version=expected, **more)
    answer = await backend.commands.send(command, contract.DispatchAnswer, origin)
    view = await backend.wait_for_view(DispatchView, answer)
    return reply(answer if view is None else dispatch_from_view(view))
