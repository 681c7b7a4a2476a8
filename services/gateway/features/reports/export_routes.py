"""Reports as files: the figures of one, or the rows of one figure."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.reports.answer import ReportAnswer
from services.gateway.features.reports.building import (
    build_needs,
    build_participation,
    build_people,
    build_stations,
    build_supervision,
)
from services.gateway.features.reports.export import MOST_EXPORTED, stream_rows, write_figures
from services.gateway.features.reports.reading import count_rows, find_figure
from services.gateway.features.reports.request import Place, ReportName, ReportReader, ThemeName, ThePlace
from services.gateway.http.authentication import require
from services.gateway.http.problems import Problem

router = APIRouter(tags=["reports"])
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A line of names, then a line for each figure or row.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


@router.get("/v1/reports/{report}/export", response_class=Response, responses=_FILE)
async def export_report(
    report: ReportName,
    caller: ReportReader,
    backend: TheBackend,
    place: ThePlace,
    figure: Annotated[
        str | None, Query(max_length=120, description="The rows of that figure; left out, the figures themselves.")
    ] = None,
    theme: ThemeName = None,
    bom: Annotated[bool, Query(description="true begins with a byte order mark, for spreadsheets.")] = False,
) -> Response:
    """Export a report, or the rows of one figure, as CSV without names. At most 100,000 rows; more are refused.

    A theme is that of needs; the other reports have none.
    """
    if report == "supervision":
        require(caller, "supervision:read")
    name = "-".join(filter(None, (report, figure, place.area, place.period.name))).replace(":", "-")
    named = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    if figure is None:
        text = write_figures(await _build(backend, report, place, theme), marked=bom)
        return Response(text, media_type="text/csv", headers=named)
    asked = find_figure(report, figure)
    many = await count_rows(backend.views, asked, place.area, place.period, theme, most=MOST_EXPORTED + 1)
    if many > MOST_EXPORTED:
        raise Problem(422, "invalid", "export_too_large", field="period", most=MOST_EXPORTED)
    rows = stream_rows(backend.views, asked, place.area, place.period, theme, marked=bom)
    return StreamingResponse(rows, media_type="text/csv", headers=named)


async def _build(backend: Backend, report: ReportName, place: Place, theme: str | None) -> ReportAnswer:
    if report == "needs":
        return await build_needs(backend.views, place, theme)
    if report == "supervision":
        return await build_supervision(backend.views, place)
    if report == "participation":
        return await build_participation(backend.views, place)
    return await (build_people(backend, place) if report == "people" else build_stations(backend.views, place))
