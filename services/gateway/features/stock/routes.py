"""Stock (库存) that supplies needs."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.network import StationView
from services.gateway.features.stock.answer import StockAnswer, account_from_owner, account_from_view
from services.gateway.features.stock.request import ShareIn
from services.gateway.features.stock.view import StockView
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import Reader, allows
from services.gateway.http.bodies import json_body
from services.gateway.http.documented import describe, may_answer
from services.gateway.http.parameters import After, IdOf, InArea, Limit, RequestOrigin
from services.gateway.http.problems import Problem
from services.gateway.http.replies import reply
from services.gateway.reading.areas import area_rule
from services.gateway.reading.views import filters
from shared.contracts.access import Actor
from shared.contracts.charity import stock as contract
from shared.contracts.charity.stock import ShareStock

router = APIRouter(tags=["stock"])


@router.post("/v1/stock/share", **describe(StockAnswer, body=ShareIn))
@may_answer(404)
async def share_stock(
    caller: Annotated[Actor, Depends(allows(ShareStock))],
    backend: TheBackend,
    origin: RequestOrigin,
    asked: Annotated[ShareIn, Depends(json_body(ShareIn))],
) -> Response:
    """Decide how far a station's stock of an item reaches and how much of it stays for its own needs.

    A station may decide before it has any of the item. Reservations made before stand; needs that the stock now
    reaches are served at once.
    """
    station = await backend.views.one(StationView, asked.station_id, caller)
    if station is None:
        raise Problem(404, "not_found", "unknown_id", field="station_id", kind="station", id=asked.station_id)
    answer = await backend.commands.send(asked.command(station.area), contract.StockAnswer, origin)
    view = await backend.wait_for_view(StockView, answer)
    return reply(account_from_owner(answer) if view is None else account_from_view(view))


@router.get("/v1/stock", **describe(Listed[StockAnswer]))
async def list_stock(
    caller: Reader,
    backend: TheBackend,
    limit: Limit = 50,
    after: After = None,
    area: InArea = None,
    station_id: IdOf = None,
    fund_id: IdOf = None,
    commodity: Annotated[
        str | None, Query(max_length=200, description="`CNY`, `goods:rice`, `service:counselling`.")
    ] = None,
) -> Response:
    """List supply accounts: goods and services in base units at stations, money in fen in funds."""
    rule = {**area_rule(caller, area), **filters(holder_id=station_id or fund_id, commodity=commodity)}
    page = await backend.views.page(StockView, rule, limit=limit, after=after)
    return reply(Listed[StockAnswer](items=[account_from_view(view) for view in page.views], next=page.next))
