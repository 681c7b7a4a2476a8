"""Donors, donations, community funds (社区基金), and the stock that supplies needs."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.gateway.auth import Reading, Writing, check_area
from services.gateway.bodies import describes, json_body
from services.gateway.domain.reading import donation_as_read, donor_as_read, fund_as_read, stock_as_read
from services.gateway.domain.scopes import Caller
from services.gateway.house import Asked, House, In, reply
from services.gateway.models.answers import Listed
from services.gateway.models.charity import DonationAnswer, DonorAnswer, FundAnswer, StockAnswer
from services.gateway.models.requests import DonationIn
from services.gateway.problems import Problem, missing
from services.gateway.routes.documented import ANSWERS, created, read, tells
from services.gateway.views import After, IdOf, InArea, Limit, area_rule, only
from shared.contracts.charity.donations import Donate
from shared.contracts.charity.donors import RegisterDonor
from shared.contracts.charity.funds import OpenFund

router = APIRouter(responses=ANSWERS)

# ---- donors ----------------------------------------------------------------------------------------------


@router.post("/v1/donors", tags=["donors"], openapi_extra=describes(RegisterDonor), **tells(DonorAnswer, new=True))
async def register_donor(
    _: Writing, house: In, origin: Asked, donor: Annotated[RegisterDonor, Depends(json_body(RegisterDonor))]
) -> Response:
    """Register somebody who gives. Name and phone stay with charity, encrypted."""
    fields = donor.model_dump(mode="json")
    answer = await house.commands.send(RegisterDonor, fields, origin)
    view = await house.shown("donors", answer)
    return created(answer if view is None else donor_as_read(view, fields), f"/v1/donors/{answer['id']}")


@router.get("/v1/donors", tags=["donors"], **tells(Listed[DonorAnswer]))
async def list_donors(_: Reading, house: In, limit: Limit = 50, after: After = None) -> Response:
    """Donors, newest first; who they are is told one by one only."""
    page = await house.views.page("donors", {}, limit=limit, after=after)
    return reply(page.of([donor_as_read(view, None) for view in page.documents]))


@router.get("/v1/donors/{donor_id}", tags=["donors"], **tells(DonorAnswer))
async def read_donor(request: Request, donor_id: str, caller: Reading, house: In) -> Response:
    """One donor; name and phone for keys with the permission `personal`, and that is recorded."""
    view = await house.views.one("donors", donor_id)
    if view is None:
        raise missing("donor", donor_id)
    who: dict[str, Any] = {}
    if caller.may("personal"):
        why = f"GET {request.url.path}"
        who = await read(house, "charity", "donor", donor_id, asked_by=caller.key_id, why=why)
    return reply(donor_as_read(view, who))


# ---- funds -----------------------------------------------------------------------------------------------


@router.post("/v1/funds", tags=["funds"], openapi_extra=describes(OpenFund), **tells(FundAnswer, new=True))
async def open_fund(
    caller: Writing, house: In, origin: Asked, fund: Annotated[OpenFund, Depends(json_body(OpenFund))]
) -> Response:
    """Open the fund of a community, street, district or city."""
    check_area(caller, fund.area)
    await house.known_areas.check(fund.area, "area")
    answer = await house.commands.send(OpenFund, fund.model_dump(mode="json"), origin)
    view = await house.shown("funds", answer)
    return created(answer if view is None else fund_as_read(view, []), f"/v1/funds/{answer['id']}")


@router.get("/v1/funds", tags=["funds"], **tells(Listed[FundAnswer]))
async def list_funds(
    caller: Reading, house: In, limit: Limit = 50, after: After = None, area: InArea = None
) -> Response:
    """Funds with what they hold, newest first."""
    page = await house.views.page("funds", area_rule(caller, area), limit=limit, after=after)
    held = await _accounts(house, [view["_id"] for view in page.documents])
    return reply(page.of([fund_as_read(view, held.get(view["_id"], [])) for view in page.documents]))


@router.get("/v1/funds/{fund_id}", tags=["funds"], **tells(FundAnswer))
async def read_fund(fund_id: str, caller: Reading, house: In) -> Response:
    """One fund with what it holds."""
    view = await house.views.one("funds", fund_id)
    if view is None:
        raise missing("fund", fund_id)
    check_area(caller, view["area"])
    held = await _accounts(house, [fund_id])
    return reply(fund_as_read(view, held.get(fund_id, [])))


# ---- donations -------------------------------------------------------------------------------------------


@router.post(
    "/v1/donations", tags=["donations"], openapi_extra=describes(DonationIn), **tells(DonationAnswer, new=True)
)
async def donate(
    caller: Writing, house: In, origin: Asked, gift: Annotated[DonationIn, Depends(json_body(DonationIn))]
) -> Response:
    """Give goods or sessions to a station, or money to a fund; needs that wait for it are served at once."""
    _check_gift(gift)
    area = await _receiver_area(house, caller, gift)
    fields = gift.fields(area if gift.station_id is not None else None)
    answer = await house.commands.send(Donate, fields, origin)
    view = await house.shown("donations", answer)
    return created(answer if view is None else donation_as_read(view), f"/v1/donations/{answer['id']}")


@router.get("/v1/donations", tags=["donations"], **tells(Listed[DonationAnswer]))
async def list_donations(
    caller: Reading,
    house: In,
    limit: Limit = 50,
    after: After = None,
    area: InArea = None,
    station_id: IdOf = None,
    fund_id: IdOf = None,
    donor_id: IdOf = None,
) -> Response:
    """Donations, newest first."""
    rule = {**area_rule(caller, area), **only(station_id=station_id, fund_id=fund_id, donor_id=donor_id)}
    page = await house.views.page("donations", rule, limit=limit, after=after)
    return reply(page.of([donation_as_read(view) for view in page.documents]))


@router.get("/v1/donations/{donation_id}", tags=["donations"], **tells(DonationAnswer))
async def read_donation(donation_id: str, caller: Reading, house: In) -> Response:
    """One donation."""
    view = await house.views.one("donations", donation_id)
    if view is None:
        raise missing("donation", donation_id)
    check_area(caller, view["area"])
    return reply(donation_as_read(view))


# ---- stock -----------------------------------------------------------------------------------------------


@router.get("/v1/stock", tags=["stock"], **tells(Listed[StockAnswer]))
async def list_stock(
    caller: Reading,
    house: In,
    limit: Limit = 50,
    after: After = None,
    area: InArea = None,
    station_id: IdOf = None,
    fund_id: IdOf = None,
    commodity: Annotated[
        str | None, Query(max_length=200, description="`CNY`, `goods:rice:bag`, `service:counselling`.")
    ] = None,
) -> Response:
    """What stands ready: goods in units and sessions at stations, fen in funds."""
    rule = {**area_rule(caller, area), **only(holder_id=station_id or fund_id, commodity=commodity)}
    page = await house.views.page("stock", rule, limit=limit, after=after)
    return reply(page.of([stock_as_read(view) for view in page.documents]))


# ---- parts -----------------------------------------------------------------------------------------------


def _check_gift(gift: DonationIn) -> None:
    if (gift.station_id is None) == (gift.fund_id is None):
        raise Problem.about("station_id", "one receiver", "Give either station_id or fund_id.")
    if gift.fund_id is not None and (gift.amount_fen is None or gift.goods or gift.services):
        raise Problem.about("amount_fen", "a fund receives money", "Give amount_fen, and neither goods nor services.")
    if gift.station_id is not None and (gift.amount_fen is not None or not (gift.goods or gift.services)):
        raise Problem.about(
            "goods", "a station receives goods or services", "Give goods or services; money goes to a fund."
        )
    if gift.donor_id is not None and gift.donor is not None:
        raise Problem.about("donor", "one donor", "Give either donor_id or donor.")


async def _receiver_area(house: House, caller: Caller, gift: DonationIn) -> str:
    field, what = ("station_id", "station") if gift.station_id is not None else ("fund_id", "fund")
    receiver = str(gift.station_id or gift.fund_id)
    view = await house.views.one(f"{what}s", receiver)
    if view is None:
        detail = f"There is no {what} {receiver}: check the id."
        raise Problem.about(field, f"known {what}", detail, status=404, code="not_found")
    area = str(view["area"])
    check_area(caller, area)
    return area


async def _accounts(house: House, holders: list[str]) -> dict[str, list[dict[str, Any]]]:
    rule = {"holder_id": {"$in": holders}, "commodity": "CNY"}
    held: dict[str, list[dict[str, Any]]] = {}
    for account in await house.views.some("stock", rule) if holders else []:
        held.setdefault(account["holder_id"], []).append(account)
    return held
