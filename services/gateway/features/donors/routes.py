"""Donors (捐赠人)."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.donors.answer import NOBODY, DonorAnswer, DonorPerson, donor_from_view
from services.gateway.features.donors.view import DonorView
from services.gateway.features.merges.identities import Known, find_known, find_person, survivor_rule
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import Reader, allows, check_area, may
from services.gateway.http.bodies import json_body
from services.gateway.http.documented import describe
from services.gateway.http.parameters import After, InArea, Limit, NamedBy, RequestOrigin
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply, reply_created
from services.gateway.reading.areas import area_rule
from shared.contracts.access import Actor
from shared.contracts.charity import donors as contract
from shared.contracts.charity.donors import ReadDonor, RegisterDonor

router = APIRouter(tags=["donors"])


@router.post("/v1/donors", **describe(DonorAnswer, body=RegisterDonor, new=True))
async def register_donor(
    caller: Annotated[Actor, Depends(allows(RegisterDonor))],
    backend: TheBackend,
    origin: RequestOrigin,
    donor: Annotated[RegisterDonor, Depends(json_body(RegisterDonor))],
) -> Response:
    """Register a donor. Personal data stays with charity, encrypted. Without `area` it is the area of the key."""
    if donor.area is not None:
        check_area(caller, RegisterDonor.permission, donor.area)
        await backend.known_areas.check(donor.area, "area")
    answer = await backend.commands.send(donor, contract.DonorAnswer, origin)
    view = await backend.wait_for_view(DonorView, answer)
    # The caller has just written the name, and may read it back without the permission `personal:read`.
    person = DonorPerson.of(donor)
    return reply_created(
        answer
        if view is None
        else backend.external_ids.name_new(caller, "charity", donor_from_view(view, person), donor.external_id),
        f"/v1/donors/{answer.id}",
    )


@router.get("/v1/donors", **describe(Listed[DonorAnswer]))
async def list_donors(
    caller: Reader,
    backend: TheBackend,
    limit: Limit = 50,
    after: After = None,
    external_id: NamedBy = None,
    area: InArea = None,
) -> Response:
    """List donors, newest first, without personal data: that is shown one by one only.

    A page has fewer than `limit` where ids on it were merged: the surviving one stands for them.
    """
    mine = await backend.external_ids.rule(caller, "charity", "donor", external_id)
    mine = await survivor_rule(backend.views, mine)
    page = await backend.views.page(DonorView, {**area_rule(caller, area), **mine}, limit=limit, after=after)
    known = await find_known(backend.views, [view.id for view in page.views])
    shown = [
        donor_from_view(view, NOBODY, person)
        for view in page.views
        if (person := known.get(view.id, Known(view.id))).id == view.id
    ]
    items = await backend.external_ids.named(caller, "charity", shown)
    return reply(Listed[DonorAnswer](items=items, next=page.next))


@router.get("/v1/donors/{donor_id}", **describe(DonorAnswer))
async def read_donor(request: Request, donor_id: str, caller: Reader, backend: TheBackend) -> Response:
    """Show one donor; personal data for keys with the permission `personal:read`, and that read is recorded.

    An id that was merged is answered with the surviving one.
    """
    known = await find_person(backend.views, donor_id)
    view = await backend.views.one(DonorView, known.id, caller)
    if view is None:
        raise not_found("donor", donor_id)
    person = NOBODY
    if may(caller, "personal:read"):
        why = f"GET {request.url.path}"
        found = await backend.queries.ask(ReadDonor(donor_id=donor_id), actor=caller, why=why)
        person = NOBODY if found is None else DonorPerson.of(found)
    return reply(await backend.external_ids.named_one(caller, "charity", donor_from_view(view, person, known)))
