"""Reports (报表): figures by area, period and theme, and the rows of each."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.reports.answer import (
    NeedsReportAnswer,
    ReportAnswer,
    RowAnswer,
    ScreeningsReportAnswer,
    StationsReportAnswer,
    row_of,
)
from services.gateway.features.reports.building import (
    build_needs,
    build_participation,
    build_people,
    build_screenings,
    build_stations,
    build_supervision,
)
from services.gateway.features.reports.reading import find_figure, read_rows
from services.gateway.features.reports.request import BESIDE, Place, ReportReader, ThemeName, ThePlace
from services.gateway.features.reports.view import TABLES
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import require
from services.gateway.http.documented import describe
from services.gateway.http.parameters import After, Limit
from services.gateway.http.replies import reply

router = APIRouter(tags=["reports"])
FigureName = Annotated[
    str | None,
    Query(
        max_length=120,
        description="As in `rows` of the figure: its name, and its labels after colons. Left out, the first.",
    ),
]


@router.get("/v1/reports/needs", **describe(NeedsReportAnswer))
async def report_needs(_: ReportReader, backend: TheBackend, place: ThePlace, theme: ThemeName = None) -> Response:
    """Report needs of an area and a period: registered, published, by state now, by end, and the time of each step."""
    return reply(await build_needs(backend.views, place, theme))


@router.get("/v1/reports/supervision", **describe(ReportAnswer))
async def report_supervision(caller: ReportReader, backend: TheBackend, place: ThePlace) -> Response:
    """Report the visits to stations, the time given to them, and the findings by severity, state and delay."""
    require(caller, BESIDE["supervision"])
    return reply(await build_supervision(backend.views, place))


@router.get("/v1/reports/participation", **describe(ReportAnswer))
async def report_participation(_: ReportReader, backend: TheBackend, place: ThePlace) -> Response:
    """Report the volunteers credited, each once, their minutes, and the needs that volunteers served."""
    return reply(await build_participation(backend.views, place))


@router.get("/v1/reports/people", **describe(ReportAnswer))
async def report_people(_: ReportReader, backend: TheBackend, place: ThePlace) -> Response:
    """Report the people served by the needs confirmed in the period: residents each once, others by attendance."""
    return reply(await build_people(backend, place))


@router.get("/v1/reports/stations", **describe(StationsReportAnswer))
async def report_stations(_: ReportReader, backend: TheBackend, place: ThePlace) -> Response:
    """Report the coverage of an area by stage over the period, and the stages that stations entered and left."""
    return reply(await build_stations(backend.views, place))


@router.get("/v1/reports/screenings", **describe(ScreeningsReportAnswer))
async def report_screenings(caller: ReportReader, backend: TheBackend, place: ThePlace) -> Response:
    """Report screenings, people examined and crossings, and how soon alerts were answered and treated.

    For keys with `screening:read` as well.
    """
    require(caller, BESIDE["screenings"])
    return reply(await build_screenings(backend.views, place))


@router.get("/v1/reports/needs/rows", **describe(Listed[RowAnswer]))
async def list_rows_of_needs(
    _: ReportReader, backend: TheBackend, place: ThePlace, figure: FigureName = None, theme: ThemeName = None,
    limit: Limit = 50, after: After = None,
) -> Response:  # fmt: skip
    """List the needs that a figure counts, without names, by area and day."""
    return await _list_rows(backend, "needs", place, figure, theme, limit, after)


@router.get("/v1/reports/supervision/rows", **describe(Listed[RowAnswer]))
async def list_rows_of_supervision(
    caller: ReportReader, backend: TheBackend, place: ThePlace, figure: FigureName = None, limit: Limit = 50,
    after: After = None,
) -> Response:  # fmt: skip
    """List the visits or the findings that a figure counts, by area and day."""
    require(caller, BESIDE["supervision"])
    return await _list_rows(backend, "supervision", place, figure, None, limit, after)


@router.get("/v1/reports/participation/rows", **describe(Listed[RowAnswer]))
async def list_rows_of_participation(
    _: ReportReader,
    backend: TheBackend,
    place: ThePlace,
    figure: FigureName = None,
    limit: Limit = 50,
    after: After = None,
) -> Response:
    """List the credits or the needs that a figure counts, without names, by area and day."""
    return await _list_rows(backend, "participation", place, figure, None, limit, after)


@router.get("/v1/reports/stations/rows", **describe(Listed[RowAnswer]))
async def list_rows_of_stations(
    _: ReportReader,
    backend: TheBackend,
    place: ThePlace,
    figure: FigureName = None,
    limit: Limit = 50,
    after: After = None,
) -> Response:
    """List the stations that entered or left a stage, by area and day."""
    return await _list_rows(backend, "stations", place, figure, None, limit, after)


@router.get("/v1/reports/screenings/rows", **describe(Listed[RowAnswer]))
async def list_rows_of_screenings(
    caller: ReportReader, backend: TheBackend, place: ThePlace, figure: FigureName = None, limit: Limit = 50,
    after: After = None,
) -> Response:  # fmt: skip
    """List the screenings, the alerts or the needs that a figure counts, by ids and codes, by area and day."""
    require(caller, BESIDE["screenings"])
    return await _list_rows(backend, "screenings", place, figure, None, limit, after)


async def _list_rows(
    backend: TheBackend, report: str, place: Place, figure: str | None, theme: str | None, limit: int, after: str | None
) -> Response:
    asked = find_figure(report, figure or TABLES[report][0].figures[0].name)
    page = await read_rows(backend.views, asked, place.area, place.period, theme, limit=limit, after=after)
    return reply(Listed[RowAnswer](items=[row_of(asked.table, row) for row in page.rows], next=page.next))
