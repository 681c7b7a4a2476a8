"""CSV as it is written: no cell is taken for a formula by a spreadsheet that opens it."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

WrittenCell = str | int
"""A text or a number. A number may begin with a minus: it is no formula."""
BYTE_ORDER_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Without it spreadsheets of a Chinese system take UTF-8 for GBK."""
FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
"""The beginnings of formulas (OWASP, CSV injection)."""


def write_csv(rows: Iterable[Sequence[WrittenCell]]) -> str:
    """Return the rows as CSV (RFC 4180), each cell harmless in a spreadsheet."""
    text = StringIO(newline="")
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def _harmless(cell: WrittenCell) -> WrittenCell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULAS) else cell
