"""Reports as files: the figures of one, or the rows of one figure."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.reports.building import build
from services.gateway.features.reports.export import MOST_EXPORTED, stream_rows, write_figures
from services.gateway.features.reports.reading import count_rows, find_figure
from services.gateway.features.reports.request import BESIDE, Place, ReportReader, ThemeName, ThePlace
from services.gateway.features.reports.view import TABLES
from services.gateway.http.authentication import require
from services.gateway.http.documented import name_path
from services.gateway.http.language import words
from services.gateway.http.problems import Problem

router = APIRouter(tags=["reports"])
OTHERS: Final = ("supervision", "participation", "people", "stations", "screenings")
"""The reports without a theme. That about people has no rows here: people are opened one by one, on record."""
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A line of headings, then a line for each figure or row.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}
_WORDS: Final = "Export the report about {report}, or the rows of one of its figures, as CSV without names."
_FIGURES: Final = "Export the figures of the report about people served, as CSV."
Figure = Annotated[
    str | None, Query(max_length=120, description="The rows of that figure; left out, the figures themselves.")
]
Marked = Annotated[bool, Query(description="true begins with a byte order mark, for spreadsheets.")]


@router.get("/v1/reports/needs/export", response_class=Response, responses=_FILE)
async def export_needs_report(
    _: ReportReader, backend: TheBackend, place: ThePlace, figure: Figure = None, theme: ThemeName = None,
    bom: Marked = False,
) -> Response:  # fmt: skip
    """Export the report about needs, or the rows of one of its figures, as CSV without names.

    At most 100,000 rows; more are refused.
    """
    return await _export(backend, "needs", place, figure, theme, marked=bom)


def _add_export(report: str) -> None:
    async def export(
        caller: ReportReader, backend: TheBackend, place: ThePlace, figure: Figure = None, bom: Marked = False
    ) -> Response:
        if (permission := BESIDE.get(report)) is not None:
            require(caller, permission)
        return await _export(backend, report, place, figure, None, marked=bom)

    async def export_figures(_: ReportReader, backend: TheBackend, place: ThePlace, bom: Marked = False) -> Response:
        return await _export(backend, report, place, None, None, marked=bom)

    endpoint = export if report in TABLES else export_figures
    name_path(endpoint, f"export_{report}_report", (_WORDS if report in TABLES else _FIGURES).format(report=report))
    router.get(f"/v1/reports/{report}/export", response_class=Response, responses=_FILE)(endpoint)


for _report in OTHERS:
    _add_export(_report)


async def _export(
    backend: Backend, report: str, place: Place, figure: str | None, theme: str | None, *, marked: bool
) -> Response:
    """Return the file. Raises Problem (422) for an unknown figure, and for more rows than a file has."""
    # Without the figure: its labels are the caller's words, and a header takes few characters.
    name = "-".join(filter(None, (report, place.area, place.period.name)))
    named = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    if figure is None:
        text = write_figures(report, await build(backend, report, place, theme), marked=marked, words=words())
        return Response(text, media_type="text/csv", headers=named)
    asked = find_figure(report, figure)
    many = await count_rows(backend.views, asked, place.area, place.period, theme, most=MOST_EXPORTED + 1)
    if many > MOST_EXPORTED:
        raise Problem(422, "invalid", "export_too_large", field="period", most=MOST_EXPORTED)
    rows = stream_rows(backend.views, asked, place.area, place.period, theme, marked=marked, words=words())
    return StreamingResponse(rows, media_type="text/csv", headers=named)
