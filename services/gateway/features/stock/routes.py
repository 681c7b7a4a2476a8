"""Stock (库存) that supplies needs."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.stock.answer import StockAnswer, account_from_view
from services.gateway.features.stock.view import StockView
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import Reader
from services.gateway.http.documented import PROBLEMS, describe
from services.gateway.http.parameters import After, IdOf, InArea, Limit
from services.gateway.http.replies import reply
from services.gateway.reading.areas import area_rule
from services.gateway.reading.views import filters

router = APIRouter(tags=["stock"], responses=PROBLEMS)


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
