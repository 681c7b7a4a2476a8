"""Shortfalls: listed, shown, and their changes."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.shortfalls.answer import ShortfallAnswer, shortfall_from_view
from services.gateway.features.shortfalls.view import KEPT
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import Reader
from services.gateway.http.documented import describe
from services.gateway.http.parameters import After, IdOf, InArea, Limit, Several
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply
from services.gateway.plain.answer import HistoryAnswer, describe_changes
from services.gateway.projection.plain import PlainView
from services.gateway.reading.areas import area_rule
from services.gateway.reading.history import read_history
from services.gateway.reading.views import filters
from shared.contracts.access import Actor
from shared.contracts.charity.shortfalls import ShortfallKind, ShortfallState

router = APIRouter(tags=["shortfalls"])
ListedShortfalls: Final[Any] = Listed[ShortfallAnswer]  # type: ignore[valid-type]


@router.get("/v1/shortfalls", **describe(ListedShortfalls))
async def list_shortfalls(
    caller: Reader, backend: TheBackend, limit: Limit = 50, after: After = None, area: InArea = None,
    station_id: IdOf = None, fund_id: IdOf = None, need_id: IdOf = None, donation_id: IdOf = None,
    state: Several[ShortfallState] = (), kind: Several[ShortfallKind] = (),
) -> Response:  # fmt: skip
    """List shortfalls: amounts that the books owe, and those that were made up or taken back."""
    wanted = {"station_id": station_id, "fund_id": fund_id, "need_id": need_id, "donation_id": donation_id}
    rule = filters(**{f"shape.{name}": value for name, value in {**wanted, "state": state, "kind": kind}.items()})
    page = await backend.views.page(KEPT.view, {**area_rule(caller, area), **rule}, limit=limit, after=after)
    items = [shortfall_from_view(view) for view in page.views]
    return reply(ListedShortfalls(items=items, next=page.next))


@router.get("/v1/shortfalls/{shortfall_id}", **describe(ShortfallAnswer))
async def read_shortfall(shortfall_id: str, caller: Reader, backend: TheBackend) -> Response:
    """Show one shortfall."""
    return reply(shortfall_from_view(await _find(backend, caller, shortfall_id)))


@router.get("/v1/shortfalls/{shortfall_id}/history", **describe(HistoryAnswer))
async def read_shortfall_history(
    shortfall_id: str, caller: Reader, backend: TheBackend, limit: Limit = 50, after: After = None
) -> Response:
    """Show the changes of one shortfall, oldest first."""
    await _find(backend, caller, shortfall_id)
    before, entries, following = await read_history(backend.views, KEPT.history, shortfall_id, limit, after)
    return reply(HistoryAnswer(items=describe_changes(before, entries), next=following))


async def _find(backend: Backend, caller: Actor, shortfall_id: str) -> PlainView:
    view = await backend.views.one(KEPT.view, shortfall_id, caller)
    if view is None:
        raise not_found("shortfall", shortfall_id)
    return view
