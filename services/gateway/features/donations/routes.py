"""Donations (捐赠)."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.donations.answer import DonationAnswer, GiverAnswer, donation_from_view
from services.gateway.features.donations.request import CorrectionIn, DonationIn
from services.gateway.features.donations.view import DonationView
from services.gateway.features.funds.view import FundView
from services.gateway.features.merges.identities import person_rule
from services.gateway.features.network import StationView
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import Reader, allows, needs
from services.gateway.http.bodies import build_command, json_body
from services.gateway.http.documented import describe
from services.gateway.http.parameters import (
    After,
    ExpectedVersion,
    IdOf,
    InArea,
    Limit,
    NamedBy,
    RequestOrigin,
    SpokenOrigin,
)
from services.gateway.http.problems import Problem, not_found
from services.gateway.http.replies import reply, reply_created
from services.gateway.reading.areas import area_rule
from services.gateway.reading.views import filters
from shared.contracts.access import Actor
from shared.contracts.charity import donations as contract
from shared.contracts.charity.donations import CorrectDonation, Donate

router = APIRouter(tags=["donations"])


@router.post("/v1/donations", **describe(DonationAnswer, body=DonationIn, new=True))
async def record_donation(
    caller: Annotated[Actor, Depends(allows(Donate))],
    backend: TheBackend,
    origin: SpokenOrigin,
    gift: Annotated[DonationIn, Depends(json_body(DonationIn))],
) -> Response:
    """Give goods or sessions to a station, or money to a fund; needs that wait for it are served at once."""
    gift.check()
    area = await _receiver_area(backend, gift, caller)
    answer = await backend.commands.send(gift.command(area), contract.DonationAnswer, origin)
    view = await backend.wait_for_view(DonationView, answer)
    return reply_created(
        answer
        if view is None
        else backend.external_ids.name_new(caller, "charity", donation_from_view(view), gift.external_id),
        f"/v1/donations/{answer.id}",
    )


@router.get("/v1/donations", **describe(Listed[DonationAnswer]))
async def list_donations(
    caller: Reader,
    backend: TheBackend,
    limit: Limit = 50,
    after: After = None,
    external_id: NamedBy = None,
    area: InArea = None,
    station_id: IdOf = None,
    fund_id: IdOf = None,
    donor_id: IdOf = None,
) -> Response:
    """List donations, newest first; of a donor those under every merged id."""
    whose = await person_rule(backend.views, "donor_id", donor_id)
    rule = {**area_rule(caller, area), **filters(station_id=station_id, fund_id=fund_id), **whose}
    mine = await backend.external_ids.rule(caller, "charity", "donation", external_id)
    page = await backend.views.page(DonationView, {**rule, **mine}, limit=limit, after=after)
    items = await backend.external_ids.named(caller, "charity", [donation_from_view(view) for view in page.views])
    return reply(Listed[DonationAnswer](items=items, next=page.next))


@router.get("/v1/donations/{donation_id}", **describe(DonationAnswer))
async def read_donation(donation_id: str, caller: Reader, backend: TheBackend) -> Response:
    """Show one donation."""
    view = await backend.views.one(DonationView, donation_id, caller)
    if view is None:
        raise not_found("donation", donation_id)
    shown = await backend.external_ids.named_one(caller, "charity", donation_from_view(view))
    return reply(shown)


@router.get("/v1/donations/{donation_id}/donor", **describe(GiverAnswer))
async def read_giver(
    request: Request,
    donation_id: str,
    caller: Annotated[Actor, Depends(needs("donations:record"))],
    backend: TheBackend,
) -> Response:
    """Show who made a donation, also an anonymous one: to those who record donations and read personal data.

    The read is recorded.
    """
    if await backend.views.one(DonationView, donation_id, caller) is None:
        raise not_found("donation", donation_id)
    query = contract.ReadGiver(donation_id=donation_id)
    found = await backend.queries.ask(query, actor=caller, why=f"GET {request.url.path}")
    if found is None:
        raise not_found("donation", donation_id)
    return reply(GiverAnswer(donation_id=found.donation_id, donor_id=found.donor_id, anonymous=found.anonymous))


@router.post("/v1/donations/{donation_id}/correct", **describe(DonationAnswer, body=CorrectionIn))
async def correct_donation(
    donation_id: str,
    caller: Annotated[Actor, Depends(allows(CorrectDonation))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    stated: Annotated[CorrectionIn, Depends(json_body(CorrectionIn))],
) -> Response:
    """State a donation again: its booking is reversed, and the right amounts are booked.

    An amount that is spent or promised to a need is not taken back: it stands as a shortfall until supply is free.
    """
    command = build_command(CorrectDonation, donation_id=donation_id, expected_version=expected, **dict(stated))
    answer = await backend.commands.send(command, contract.DonationAnswer, origin)
    view = await backend.wait_for_view(DonationView, answer)
    if view is None:
        return reply(answer)
    return reply(await backend.external_ids.named_one(caller, "charity", donation_from_view(view)))


async def _receiver_area(backend: Backend, gift: DonationIn, caller: Actor) -> str:
    """The area of the station or fund. Raises Problem (404) naming the field where the views hold no such thing."""
    if gift.station_id is not None:
        station = await backend.views.one(StationView, gift.station_id, caller)
        if station is None:
            raise _unknown("station", gift.station_id)
        return station.area
    fund_id = str(gift.fund_id)
    fund = await backend.views.one(FundView, fund_id, caller)
    if fund is None:
        raise _unknown("fund", fund_id)
    return fund.area


def _unknown(kind: str, thing_id: str) -> Problem:
    return Problem(404, "not_found", "unknown_id", field=f"{kind}_id", kind=kind, id=thing_id)
