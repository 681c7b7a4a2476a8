"""Files of lines, CSV or XLSX, written with memory that does not grow with the lines."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from services.gateway.features.exports.records import ExportFormat
from services.gateway.features.reports.lines import Line
from shared.tables.written import BYTE_ORDER_MARK, write_csv

PAGE: Final = 500
"""Lines between two notes of the progress."""
_WIDTH: Final = 18
"""Characters of a column."""
Note = Callable[[int], None]
"""Takes the number of lines written so far; it may raise, which ends the file."""


def write_file(
    path: Path, form: ExportFormat, head: Sequence[str], lines: Iterable[Line], *, marked: bool, note: Note
) -> int:
    """Write the file and return the number of its lines without the headings."""
    pages = _pages(lines)
    return _write_workbook(path, head, pages, note) if form == "xlsx" else _write_text(path, head, pages, note, marked)


def _pages(lines: Iterable[Line]) -> Iterator[list[Line]]:
    rest = iter(lines)
    while page := list(islice(rest, PAGE)):
        yield page


def _write_text(path: Path, head: Sequence[str], pages: Iterable[list[Line]], note: Note, marked: bool) -> int:
    written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write((BYTE_ORDER_MARK if marked else "") + write_csv([head]))
        for page in pages:
            file.write(write_csv(page))
            written += len(page)
            note(written)
    return written


def _write_workbook(path: Path, head: Sequence[str], pages: Iterable[list[Line]], note: Note) -> int:
    # Texts stay texts: none becomes a formula, a link or a number. Rows leave the memory in their order.
    options = {"constant_memory": True, "tmpdir": str(path.parent)} | dict.fromkeys(
        ("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False
    )
    book: Any = xlsxwriter.Workbook(str(path), options)
    bold = book.add_format({"bold": True})
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(head) - 1, _WIDTH)
    for column, cell in enumerate(head):
        sheet.write_string(0, column, cell, bold)
    written = 0
    try:
        for page in pages:
            for line in page:
                written += 1
                _write_row(sheet, written, line)
            note(written)
    finally:
        # Also of a file that is given up: XlsxWriter's own temporary files are closed here.
        book.close()
    return written


def _write_row(sheet: Any, row: int, line: Line) -> None:
    for column, cell in enumerate(line):
        if isinstance(cell, int):
            sheet.write_number(row, column, cell)
        elif cell:
            sheet.write_string(row, column, cell)
