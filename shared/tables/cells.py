"""Cells as values: texts, codes, whole numbers, amounts, days, times and identity numbers, in any width of digits.

A cell is read as an office means it: digits of any width are digits, and a code that a spreadsheet has made a number is
a code again. A number of more digits than a spreadsheet keeps has lost its last ones, and is refused.
"""

import unicodedata
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from shared.tables.problems import CellProblem
from shared.tables.rows import MOST_CELL, Cell

KEPT_DIGITS: Final = 15
"""The digits of a number that a spreadsheet keeps (IEEE 754 binary64, as Excel documents it)."""
_WORDS: Final = {True: "TRUE", False: "FALSE"}
ERRORS: Final = frozenset({"#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!", "#SPILL!", "#CALC!"})
"""The values that a spreadsheet shows where a formula fails."""


def read_text(cell: Cell) -> str:
    """Return the text of a cell, folded to one width where it is a number. Raises CellProblem for a formula's error."""
    text = _shown(cell).strip()
    if text in ERRORS:
        raise CellProblem("formula_failed")
    if len(text) > MOST_CELL:
        raise CellProblem("cell_is_too_long", limit=MOST_CELL)
    return text


def read_code(cell: Cell) -> str:
    """Return a code of digits or letters as text, in half width and without spaces.

    Raises CellProblem for a number that has lost digits.
    """
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool) and not is_kept(cell):
        raise CellProblem("digits_lost", limit=KEPT_DIGITS)
    text = "".join(unicodedata.normalize("NFKC", read_text(cell)).split()).lstrip("'")
    if "E+" in text.upper() and text.upper().replace("E+", "").replace(".", "").isdigit():
        raise CellProblem("digits_lost", limit=KEPT_DIGITS)
    return text


def is_kept(number: float | Decimal) -> bool:
    """Return whether a spreadsheet keeps every digit before the point. No arithmetic: 1E+999999999 would overflow."""
    return -(10**KEPT_DIGITS) < number < 10**KEPT_DIGITS


def write_number(number: float | Decimal) -> str:
    """Return a number as a spreadsheet shows it: with KEPT_DIGITS, so that the sum of 0.1 and 0.2 is 0.3.

    A number of JSON, which is as exact as it is written, keeps its digits.
    """
    if is_kept(number) and number == int(number):
        return str(int(number))
    return str(number) if isinstance(number, Decimal) else f"{number:.{KEPT_DIGITS}g}"


def _shown(cell: Cell) -> str:
    if isinstance(cell, bool):
        return _WORDS[cell]
    if isinstance(cell, float | Decimal):
        return write_number(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return "" if cell is None else str(cell)
