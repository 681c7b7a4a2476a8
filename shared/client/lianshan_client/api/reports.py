"""Calls of reports: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.reports import (
    ExportAnswer,
    ExportPage,
    ExportState,
    NeedsReportAnswer,
    ReportAnswer,
    RowAnswer,
    RowPage,
    ScreeningsReportAnswer,
    StationsReportAnswer,
)
from ..bodies.common import EmptyBody
from ..bodies.reports import ExportIn
from ..calls import Call, Listing, new_key


def report_needs(
    *, theme: str | None = None, area: str | None = None, period: str | None = None
) -> Call[NeedsReportAnswer]:
    """Report needs of an area and a period: registered, published, by state now, by end, and the time of each step."""
    return Call("GET", "/v1/reports/needs", query={"theme": theme, "area": area, "period": period})


def report_supervision(*, area: str | None = None, period: str | None = None) -> Call[ReportAnswer]:
    """Report the visits to stations, the time given to them, and the findings by severity, state and delay."""
    return Call("GET", "/v1/reports/supervision", query={"area": area, "period": period})


def report_participation(*, area: str | None = None, period: str | None = None) -> Call[ReportAnswer]:
    """Report the volunteers credited, each once, their minutes, and the needs that volunteers served."""
    return Call("GET", "/v1/reports/participation", query={"area": area, "period": period})


def report_people(*, area: str | None = None, period: str | None = None) -> Call[ReportAnswer]:
    """Report the people served by the needs confirmed in the period: residents each once, others by attendance."""
    return Call("GET", "/v1/reports/people", query={"area": area, "period": period})


def report_stations(*, area: str | None = None, period: str | None = None) -> Call[StationsReportAnswer]:
    """Report the coverage of an area by stage over the period, and the stages that stations entered and left."""
    return Call("GET", "/v1/reports/stations", query={"area": area, "period": period})


def report_screenings(*, area: str | None = None, period: str | None = None) -> Call[ScreeningsReportAnswer]:
    """Report screenings, people examined and crossings, and how soon alerts were answered and treated."""
    return Call("GET", "/v1/reports/screenings", query={"area": area, "period": period})


def list_rows_of_needs(
    *,
    figure: str | None = None,
    theme: str | None = None,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    period: str | None = None,
) -> Listing[RowPage, RowAnswer]:
    """List the needs that a figure counts, without names, by area and day."""
    return Listing(
        "GET",
        "/v1/reports/needs/rows",
        query={"figure": figure, "theme": theme, "limit": limit, "after": after, "area": area, "period": period},
    )


def list_rows_of_supervision(
    *,
    figure: str | None = None,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    period: str | None = None,
) -> Listing[RowPage, RowAnswer]:
    """List the visits or the findings that a figure counts, by area and day."""
    return Listing(
        "GET",
        "/v1/reports/supervision/rows",
        query={"figure": figure, "limit": limit, "after": after, "area": area, "period": period},
    )


def list_rows_of_participation(
    *,
    figure: str | None = None,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    period: str | None = None,
) -> Listing[RowPage, RowAnswer]:
    """List the credits or the needs that a figure counts, without names, by area and day."""
    return Listing(
        "GET",
        "/v1/reports/participation/rows",
        query={"figure": figure, "limit": limit, "after": after, "area": area, "period": period},
    )


def list_rows_of_stations(
    *,
    figure: str | None = None,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    period: str | None = None,
) -> Listing[RowPage, RowAnswer]:
    """List the stations that entered or left a stage, by area and day."""
    return Listing(
        "GET",
        "/v1/reports/stations/rows",
        query={"figure": figure, "limit": limit, "after": after, "area": area, "period": period},
    )


def list_rows_of_screenings(
    *,
    figure: str | None = None,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    period: str | None = None,
) -> Listing[RowPage, RowAnswer]:
    """List the screenings, the alerts or the needs that a figure counts, by ids and codes, by area and day."""
    return Listing(
        "GET",
        "/v1/reports/screenings/rows",
        query={"figure": figure, "limit": limit, "after": after, "area": area, "period": period},
    )


def export_needs_report(
    *,
    figure: str | None = None,
    theme: str | None = None,
    bom: bool | None = None,
    area: str | None = None,
    period: str | None = None,
) -> Call[str]:
    """Export the report about needs, or the rows of one of its figures, as CSV without names."""
    return Call(
        "GET",
        "/v1/reports/needs/export",
        query={"figure": figure, "theme": theme, "bom": bom, "area": area, "period": period},
    )


def export_supervision_report(
    *, figure: str | None = None, bom: bool | None = None, area: str | None = None, period: str | None = None
) -> Call[str]:
    """Export the report about supervision, or the rows of one of its figures, as CSV without names."""
    return Call(
        "GET", "/v1/reports/supervision/export", query={"figure": figure, "bom": bom, "area": area, "period": period}
    )


def export_participation_report(
    *, figure: str | None = None, bom: bool | None = None, area: str | None = None, period: str | None = None
) -> Call[str]:
    """Export the report about participation, or the rows of one of its figures, as CSV without names."""
    return Call(
        "GET", "/v1/reports/participation/export", query={"figure": figure, "bom": bom, "area": area, "period": period}
    )


def export_people_report(*, bom: bool | None = None, area: str | None = None, period: str | None = None) -> Call[str]:
    """Export the figures of the report about people served, as CSV."""
    return Call("GET", "/v1/reports/people/export", query={"bom": bom, "area": area, "period": period})


def export_stations_report(
    *, figure: str | None = None, bom: bool | None = None, area: str | None = None, period: str | None = None
) -> Call[str]:
    """Export the report about stations, or the rows of one of its figures, as CSV without names."""
    return Call(
        "GET", "/v1/reports/stations/export", query={"figure": figure, "bom": bom, "area": area, "period": period}
    )


def export_screenings_report(
    *, figure: str | None = None, bom: bool | None = None, area: str | None = None, period: str | None = None
) -> Call[str]:
    """Export the report about screenings, or the rows of one of its figures, as CSV without names."""
    return Call(
        "GET", "/v1/reports/screenings/export", query={"figure": figure, "bom": bom, "area": area, "period": period}
    )


def begin_export(body: ExportIn, *, idempotency_key: str | None = None) -> Call[ExportAnswer]:
    """Begin a file of a report, or of the rows of one of its figures: CSV or XLSX, 500,000 rows at most."""
    return Call("POST", "/v1/exports", body=body, idempotency_key=idempotency_key or new_key())


def list_exports(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    state: Sequence[ExportState] | None = None,
    external_id: str | None = None,
) -> Listing[ExportPage, ExportAnswer]:
    """List your exports within your area, newest first; the administrator sees those of all."""
    return Listing(
        "GET", "/v1/exports", query={"limit": limit, "after": after, "state": state, "external_id": external_id}
    )


def read_export(export_id: str) -> Call[ExportAnswer]:
    """Show an export: its state, the rows written so far, and the path of its file."""
    return Call("GET", f"/v1/exports/{quote(export_id, safe='')}")


def remove_export(export_id: str, *, idempotency_key: str | None = None) -> Call[None]:
    """Remove an export with its file, in any state."""
    return Call("DELETE", f"/v1/exports/{quote(export_id, safe='')}", idempotency_key=idempotency_key or new_key())


def read_export_file(export_id: str) -> Call[str]:
    """Fetch the file of an export that is done."""
    return Call("GET", f"/v1/exports/{quote(export_id, safe='')}/file")


def cancel_export(
    export_id: str,
    body: EmptyBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[ExportAnswer]:
    """Cancel an export that waits or runs. Repeated, it changes nothing."""
    return Call(
        "POST",
        f"/v1/exports/{quote(export_id, safe='')}/cancel",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
