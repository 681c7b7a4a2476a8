"""CSV as it is written: no cell is taken for a formula by a spreadsheet that opens it."""

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Final

FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
"""The beginnings of formulas (OWASP, CSV injection)."""


def write_csv(rows: Sequence[Sequence[str]]) -> str:
    """Return the rows as CSV (RFC 4180), each cell harmless in a spreadsheet."""
    text = StringIO(newline="")
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULAS) else cell
