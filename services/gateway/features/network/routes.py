"""Stations (社工站) and street centres (街道社工中心)."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.network.answer import StationAnswer, station_from_view
from services.gateway.features.network.view import StationView
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import Reader, allows, check_area
from services.gateway.http.bodies import json_body
from services.gateway.http.documented import PROBLEMS, describe
from services.gateway.http.parameters import After, InArea, Limit, NamedBy, RequestOrigin
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply, reply_created
from services.gateway.reading.areas import area_rule
from services.gateway.reading.views import filters
from shared.contracts.access import Actor
from shared.contracts.stations import network as contract
from shared.contracts.stations.network import Level, OpenStation

router = APIRouter(tags=["stations"], responses=PROBLEMS)


@router.post("/v1/stations", **describe(StationAnswer, body=OpenStation, new=True))
async def open_station(
    caller: Annotated[Actor, Depends(allows(OpenStation))],
    backend: TheBackend,
    origin: RequestOrigin,
    station: Annotated[OpenStation, Depends(json_body(OpenStation))],
) -> Response:
    """Open a station in a community (12 digits) or a centre in a street (9 digits)."""
    check_area(caller, OpenStation.permission, station.area)
    answer = await backend.commands.send(station, contract.StationAnswer, origin)
    view = await backend.wait_for_view(StationView, answer)
    return reply_created(
        answer
        if view is None
        else backend.external_ids.name_new(caller, "stations", station_from_view(view), station.external_id),
        f"/v1/stations/{answer.id}",
    )


@router.get("/v1/stations", **describe(Listed[StationAnswer]))
async def list_stations(
    caller: Reader,
    backend: TheBackend,
    limit: Limit = 50,
    after: After = None,
    external_id: NamedBy = None,
    area: InArea = None,
    level: Level | None = None,
) -> Response:
    """List stations and centres, newest first."""
    rule = {**area_rule(caller, area), **filters(level=level)}
    mine = await backend.external_ids.rule(caller, "stations", "station", external_id)
    page = await backend.views.page(StationView, {**rule, **mine}, limit=limit, after=after)
    items = await backend.external_ids.named(caller, "stations", [station_from_view(view) for view in page.views])
    return reply(Listed[StationAnswer](items=items, next=page.next))


@router.get("/v1/stations/{station_id}", **describe(StationAnswer))
async def read_station(station_id: str, caller: Reader, backend: TheBackend) -> Response:
    """Show one station."""
    view = await backend.views.one(StationView, station_id, caller)
    if view is None:
        raise not_found("station", station_id)
    shown = await backend.external_ids.named_one(caller, "stations", station_from_view(view))
    return reply(shown)
