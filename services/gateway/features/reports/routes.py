"""Reports (报表): figures by area, period and theme, and the rows of each."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.reports.answer import (
    FigureAnswer,
    NeedsReportAnswer,
    ReportAnswer,
    RowAnswer,
    StationsReportAnswer,
    figures_of,
    needs_report,
    row_of,
    stations_report,
)
from services.gateway.features.reports.hours_rows import HOURS, SERVED_NEEDS
from services.gateway.features.reports.need_rows import NEEDS
from services.gateway.features.reports.reading import (
    count_volunteers,
    find_figure,
    read_rows,
    read_tallies,
    summarise,
)
from services.gateway.features.reports.request import Place, ReportReader, ThemeName, ThePlace
from services.gateway.features.reports.station_rows import STATIONS
from services.gateway.features.reports.summary import coverage_keys, coverage_of
from services.gateway.features.reports.supervision_rows import FINDINGS, VISITS
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import require
from services.gateway.http.documented import describe
from services.gateway.http.parameters import After, Limit
from services.gateway.http.replies import reply
from services.gateway.reading.views import Views

router = APIRouter(tags=["reports"])
FigureName = Annotated[
    str,
    Query(max_length=120, description="As in `rows` of the figure: its name, and its labels after colons."),
]


@router.get("/v1/reports/needs", **describe(NeedsReportAnswer))
async def report_needs(_: ReportReader, backend: TheBackend, place: ThePlace, theme: ThemeName = None) -> Response:
    """Report needs of an area and a period: registered, published, by state now, by end, and the time of each step."""
    summary = await summarise(backend.views, NEEDS, place.area, place.period, theme)
    return reply(needs_report(place.scope(theme), summary))


@router.get("/v1/reports/supervision", **describe(ReportAnswer))
async def report_supervision(caller: ReportReader, backend: TheBackend, place: ThePlace) -> Response:
    """Report the visits to stations, the time given to them, and the findings by severity, state and delay."""
    require(caller, "supervision:read")
    return reply(await build_supervision(backend.views, place))


async def build_supervision(views: Views, place: Place) -> ReportAnswer:
    """Return the report about supervision."""
    scope, figures = place.scope(), list[FigureAnswer]()
    for table in (VISITS, FINDINGS):
        summary = await summarise(views, table, place.area, place.period)
        figures += figures_of("supervision", table, scope, summary.sums(summary.whole))
    return ReportAnswer(scope=scope, figures=figures)


@router.get("/v1/reports/participation", **describe(ReportAnswer))
async def report_participation(_: ReportReader, backend: TheBackend, place: ThePlace) -> Response:
    """Report the volunteers credited, each once, their minutes, and the needs that volunteers served."""
    return reply(await build_participation(backend.views, place))


async def build_participation(views: Views, place: Place) -> ReportAnswer:
    """Return the report about participation."""
    scope = place.scope()
    volunteers = await count_volunteers(views, place.area, place.period)
    figures = [FigureAnswer(figure="volunteers", labels={}, value=volunteers, rows=None)]
    for table in (HOURS, SERVED_NEEDS):
        summary = await summarise(views, table, place.area, place.period)
        figures += figures_of("participation", table, scope, summary.sums(summary.whole))
    return ReportAnswer(scope=scope, figures=figures)


@router.get("/v1/reports/stations", **describe(StationsReportAnswer))
async def report_stations(_: ReportReader, backend: TheBackend, place: ThePlace) -> Response:
    """Report the coverage of an area by stage over the period, and the stages that stations entered and left."""
    summary = await summarise(backend.views, STATIONS, place.area, place.period)
    tallies = await read_tallies(backend.views, STATIONS, place.area, coverage_keys(place.period))
    return reply(stations_report(place.scope(), summary, coverage_of(place.period, tallies)))


@router.get("/v1/reports/needs/rows", **describe(Listed[RowAnswer]))
async def list_rows_of_needs(
    _: ReportReader, backend: TheBackend, place: ThePlace, figure: FigureName, theme: ThemeName = None,
    limit: Limit = 50, after: After = None,
) -> Response:  # fmt: skip
    """List the needs that a figure counts, without names, by area and day."""
    return await _list_rows(backend, "needs", place, figure, theme, limit, after)


@router.get("/v1/reports/supervision/rows", **describe(Listed[RowAnswer]))
async def list_rows_of_supervision(
    caller: ReportReader, backend: TheBackend, place: ThePlace, figure: FigureName, limit: Limit = 50,
    after: After = None,
) -> Response:  # fmt: skip
    """List the visits or the findings that a figure counts, by area and day."""
    require(caller, "supervision:read")
    return await _list_rows(backend, "supervision", place, figure, None, limit, after)


@router.get("/v1/reports/participation/rows", **describe(Listed[RowAnswer]))
async def list_rows_of_participation(
    _: ReportReader, backend: TheBackend, place: ThePlace, figure: FigureName, limit: Limit = 50, after: After = None
) -> Response:
    """List the credits or the needs that a figure counts, without names, by area and day."""
    return await _list_rows(backend, "participation", place, figure, None, limit, after)


@router.get("/v1/reports/stations/rows", **describe(Listed[RowAnswer]))
async def list_rows_of_stations(
    _: ReportReader, backend: TheBackend, place: ThePlace, figure: FigureName, limit: Limit = 50, after: After = None
) -> Response:
    """List the stations that entered or left a stage, by area and day."""
    return await _list_rows(backend, "stations", place, figure, None, limit, after)


async def _list_rows(
    backend: TheBackend, report: str, place: Place, figure: str, theme: str | None, limit: int, after: str | None
) -> Response:
    asked = find_figure(report, figure)
    page = await read_rows(backend.views, asked, place.area, place.period, theme, limit=limit, after=after)
    return reply(Listed[RowAnswer](items=[row_of(asked.table, row) for row in page.rows], next=page.next))
