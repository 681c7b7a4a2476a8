"""Community funds (社区基金)."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.funds.answer import FundAnswer, fund_from_view
from services.gateway.features.funds.view import FundView
from services.gateway.features.stock.view import StockView
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import Reader, allows, check_area
from services.gateway.http.bodies import json_body
from services.gateway.http.documented import describe
from services.gateway.http.parameters import After, InArea, Limit, NamedBy, RequestOrigin
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply, reply_created
from services.gateway.reading.areas import area_rule
from shared.contracts.access import Actor
from shared.contracts.charity import funds as contract
from shared.contracts.charity.funds import OpenFund

router = APIRouter(tags=["funds"])


@router.post("/v1/funds", **describe(FundAnswer, body=OpenFund, new=True))
async def open_fund(
    caller: Annotated[Actor, Depends(allows(OpenFund))],
    backend: TheBackend,
    origin: RequestOrigin,
    fund: Annotated[OpenFund, Depends(json_body(OpenFund))],
) -> Response:
    """Open the fund of a community, street, district or city."""
    check_area(caller, OpenFund.permission, fund.area)
    await backend.known_areas.check(fund.area, "area")
    answer = await backend.commands.send(fund, contract.FundAnswer, origin)
    view = await backend.wait_for_view(FundView, answer)
    # A new fund is empty: its account appears in an event with the first donation.
    return reply_created(
        answer
        if view is None
        else backend.external_ids.name_new(caller, "charity", fund_from_view(view, []), fund.external_id),
        f"/v1/funds/{answer.id}",
    )


@router.get("/v1/funds", **describe(Listed[FundAnswer]))
async def list_funds(
    caller: Reader,
    backend: TheBackend,
    limit: Limit = 50,
    after: After = None,
    external_id: NamedBy = None,
    area: InArea = None,
) -> Response:
    """List funds with their money, newest first."""
    mine = await backend.external_ids.rule(caller, "charity", "fund", external_id)
    page = await backend.views.page(FundView, {**area_rule(caller, area), **mine}, limit=limit, after=after)
    accounts = await _accounts(backend, [view.id for view in page.views])
    items = [fund_from_view(view, accounts.get(view.id, [])) for view in page.views]
    items = await backend.external_ids.named(caller, "charity", items)
    return reply(Listed[FundAnswer](items=items, next=page.next))


@router.get("/v1/funds/{fund_id}", **describe(FundAnswer))
async def read_fund(fund_id: str, caller: Reader, backend: TheBackend) -> Response:
    """Show one fund with its money."""
    view = await backend.views.one(FundView, fund_id, caller)
    if view is None:
        raise not_found("fund", fund_id)
    accounts = await _accounts(backend, [fund_id])
    shown = await backend.external_ids.named_one(caller, "charity", fund_from_view(view, accounts.get(fund_id, [])))
    return reply(shown)


async def _accounts(backend: Backend, fund_ids: Sequence[str]) -> dict[str, list[StockView]]:
    """The money accounts of the funds, in one query for a whole page."""
    if not fund_ids:
        return {}
    held: dict[str, list[StockView]] = {}
    rule = {"holder_id": {"$in": list(fund_ids)}, "commodity": "CNY"}
    for account in await backend.views.some(StockView, rule):
        held.setdefault(account.holder_id, []).append(account)
    return held
