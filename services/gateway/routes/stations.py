"""Areas of the register, stations (社工站) and street centres (街道社工中心)."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.gateway.auth import Administering, Reading, Writing, check_area
from services.gateway.bodies import describes, json_body
from services.gateway.domain.reading import station_as_read
from services.gateway.house import Asked, In, reply
from services.gateway.models.answers import AreaAnswer, AreaName, Imported, Listed, StationAnswer
from services.gateway.problems import missing
from services.gateway.routes.documented import ANSWERS, created, tells
from services.gateway.views import After, InArea, Limit, area_rule, only
from shared.contracts.areas import AreaCode
from shared.contracts.stations.areas import ImportAreas
from shared.contracts.stations.network import Level, OpenStation

router = APIRouter(responses=ANSWERS)
MOST_AREAS: Final = 500


@router.get("/v1/areas", tags=["areas"], **tells(Listed[AreaName]))
async def list_areas(
    _: Reading,
    house: In,
    parent: Annotated[AreaCode | None, Query(description="The area around them; none: the provinces.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_AREAS)] = 200,
    after: Annotated[AreaCode | None, Query(description="`next` of the page before.")] = None,
) -> Response:
    """The areas directly within an area, by code."""
    return reply(await house.queries.call("stations", "areas", parent, after, limit))


@router.get("/v1/areas/{code}", tags=["areas"], **tells(AreaAnswer))
async def read_area(code: str, _: Reading, house: In) -> Response:
    """One area, with those around it."""
    found = await house.queries.call("stations", "area", code)
    if found is None:
        raise missing("area", code)
    return reply(found)


@router.post("/v1/areas:batch", tags=["areas"], openapi_extra=describes(ImportAreas), **tells(Imported))
async def import_areas(
    _: Administering,
    house: In,
    origin: Asked,
    rows: Annotated[ImportAreas, Depends(json_body(ImportAreas, size="batch"))],
) -> Response:
    """Take in up to 2000 areas of a register; the same row twice changes nothing. Answers `{"count", "changed"}`."""
    return reply(await house.commands.send(ImportAreas, rows.model_dump(mode="json"), origin))


@router.post("/v1/stations", tags=["stations"], openapi_extra=describes(OpenStation), **tells(StationAnswer, new=True))
async def open_station(
    caller: Writing,
    house: In,
    origin: Asked,
    station: Annotated[OpenStation, Depends(json_body(OpenStation))],
) -> Response:
    """Open a station in a community (12 digits) or a centre in a street (9 digits)."""
    check_area(caller, station.area)
    answer = await house.commands.send(OpenStation, station.model_dump(mode="json"), origin)
    view = await house.shown("stations", answer)
    return created(answer if view is None else station_as_read(view), f"/v1/stations/{answer['id']}")


@router.get("/v1/stations", tags=["stations"], **tells(Listed[StationAnswer]))
async def list_stations(
    caller: Reading,
    house: In,
    limit: Limit = 50,
    after: After = None,
    area: InArea = None,
    level: Level | None = None,
) -> Response:
    """Stations and centres, newest first."""
    rule: dict[str, Any] = {**area_rule(caller, area), **only(level=level)}
    page = await house.views.page("stations", rule, limit=limit, after=after)
    return reply(page.of([station_as_read(view) for view in page.documents]))


@router.get("/v1/stations/{station_id}", tags=["stations"], **tells(StationAnswer))
async def read_station(station_id: str, caller: Reading, house: In) -> Response:
    """One station."""
    view = await house.views.one("stations", station_id)
    if view is None:
        raise missing("station", station_id)
    check_area(caller, view["area"])
    return reply(station_as_read(view))
