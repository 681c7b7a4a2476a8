"""Reports as small files, written while they are read: the figures of one, or the rows of one figure, as CSV."""

from collections.abc import AsyncIterator
from typing import Final

from services.gateway.features.reports.answer import ReportAnswer
from services.gateway.features.reports.lines import FIGURE_COLUMNS, figure_lines, head_columns, row_columns, row_lines
from services.gateway.features.reports.periods import Period
from services.gateway.features.reports.reading import Asked, read_rows
from services.gateway.reading.views import Views
from shared.tables.written import BYTE_ORDER_MARK, write_csv
from shared.words import Wording

MOST_EXPORTED: Final = 100_000
"""Rows of one file. More are a job: `POST /v1/exports`."""
PAGE: Final = 500
"""Rows that are held at once."""


async def stream_rows(
    views: Views, asked: Asked, area: str, period: Period, theme: str | None, *, marked: bool, words: Wording
) -> AsyncIterator[str]:
    """Yield the rows of a figure as CSV, page by page, with a byte order mark where asked for.

    Raises RuntimeError, which breaks the transfer off, where so many rows came meanwhile that it would not end.
    """
    columns = row_columns(asked.table)
    yield (BYTE_ORDER_MARK if marked else "") + write_csv([head_columns(columns, words)])
    after = None
    for _ in range(2 * MOST_EXPORTED // PAGE):
        page = await read_rows(views, asked, area, period, theme, limit=PAGE, after=after)
        yield write_csv(row_lines(asked.table, page.rows, words))
        after = page.next
        if after is None:
            return
    raise RuntimeError(f"rows of {asked.figure.name} came faster than they were written")


def write_figures(name: str, report: ReportAnswer, *, marked: bool, words: Wording) -> str:
    """Return the figures of the report of that name as CSV."""
    head = head_columns(FIGURE_COLUMNS, words)
    return (BYTE_ORDER_MARK if marked else "") + write_csv([head, *figure_lines(name, report, words)])
