"""Reports as files for offices: the figures of one, or the rows of one figure, as CSV (RFC 4180)."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Final

from services.gateway.features.reports.answer import (
    NeedsReportAnswer,
    ReportAnswer,
    Scope,
    ScreeningsReportAnswer,
    row_of,
)
from services.gateway.features.reports.counting import ReportRow, Table
from services.gateway.features.reports.periods import Period
from services.gateway.features.reports.reading import Asked, read_rows
from services.gateway.reading.views import Views
from shared.tables.written import write_csv

BYTE_ORDER_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Without it spreadsheets of a Chinese system take UTF-8 for GBK."""
MOST_EXPORTED: Final = 100_000
"""Rows of one file."""
PAGE: Final = 500
"""Rows that are held at once."""
FIGURE_COLUMNS: Final = (
    "area", "first_day", "last_day", "theme", "figure", "labels", "value", "p50_minutes", "p90_minutes", "p99_minutes",
)  # fmt: skip


def figure_lines(report: ReportAnswer) -> Iterator[list[str]]:
    """Yield a line for each figure: of all themes, the spreads, then theme by theme."""
    yield list(FIGURE_COLUMNS)
    of_theme = [(report.scope.theme or "", report.figures)]
    if isinstance(report, NeedsReportAnswer):
        of_theme += [(each.theme, each.figures) for each in report.themes]
    begin = _place_of(report.scope)
    for theme, figures in of_theme:
        for figure in figures:
            labels = " ".join(figure.labels.values())
            yield [*begin, theme, figure.figure, labels, str(figure.value), "", "", ""]
    for spread in report.times if isinstance(report, NeedsReportAnswer | ScreeningsReportAnswer) else ():
        percentiles = ["" if each is None else str(each) for each in (spread.p50, spread.p90, spread.p99)]
        labels = " ".join(spread.labels.values())
        yield [*begin, report.scope.theme or "", spread.figure, labels, str(spread.count), *percentiles]


def _place_of(scope: Scope) -> list[str]:
    return [scope.area, scope.first_day, scope.last_day]


def row_columns(table: Table) -> list[str]:
    """Return the columns of the rows of a table: the same for all its figures."""
    days = dict.fromkeys(f"day_{figure.day}" for figure in table.figures)
    labels = dict.fromkeys(label for figure in table.figures for label in figure.by)
    amounts = dict.fromkeys(
        figure.adds or f"{figure.spread}_minutes" for figure in table.figures if figure.adds or figure.spread
    )
    return ["id", "path", "area", "theme", *days, *labels, *amounts]


def row_lines(table: Table, rows: Iterable[ReportRow]) -> Iterator[list[str]]:
    """Yield a line for each row."""
    columns = row_columns(table)
    for row in rows:
        shown = row_of(table, row)
        cells = {"id": shown.id, "path": shown.path, "area": shown.area, "theme": shown.theme or ""}
        cells |= {f"day_{name}": day for name, day in row.days.items()} | row.labels
        for name, amount in row.amounts.items():
            cells |= {name: str(amount), f"{name}_minutes": str(amount)}
        yield [cells.get(column, "") for column in columns]


async def stream_rows(
    views: Views, asked: Asked, area: str, period: Period, theme: str | None, *, marked: bool
) -> AsyncIterator[str]:
    """Yield the rows of a figure as CSV, page by page, with a byte order mark where asked for.

    Raises RuntimeError, which breaks the transfer off, where so many rows came meanwhile that it would not end.
    """
    yield (BYTE_ORDER_MARK if marked else "") + write_csv([row_columns(asked.table)])
    after = None
    for _ in range(2 * MOST_EXPORTED // PAGE):
        page = await read_rows(views, asked, area, period, theme, limit=PAGE, after=after)
        yield write_csv(list(row_lines(asked.table, page.rows)))
        after = page.next
        if after is None:
            return
    raise RuntimeError(f"rows of {asked.figure.name} came faster than they were written")


def write_figures(report: ReportAnswer, *, marked: bool) -> str:
    """Return the figures as CSV."""
    lines: Sequence[Sequence[str]] = list(figure_lines(report))
    return (BYTE_ORDER_MARK if marked else "") + write_csv(lines)
