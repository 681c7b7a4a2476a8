"""Cells as numbers, amounts, days and times, as Chinese offices write them."""

import re
import unicodedata
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Final

from shared.tables.cells import is_kept, read_text, write_number
from shared.tables.problems import CellProblem
from shared.tables.rows import Cell, Serial1904
from shared.tables.sheet import from_serial

_GROUPS: Final = re.compile(r"(?<=\d),(?=\d{3}(?:\D|$))")
_DAY: Final = re.compile(r"(\d{4})(?:[-/.年])(\d{1,2})(?:[-/.月])(\d{1,2})日?|(\d{4})(\d{2})(\d{2})")
_TIME: Final = re.compile(r"(\d{1,2})[:时点](\d{1,2})(?:[:分](\d{1,2})秒?|分)?(?:\.\d+)?")
_SERIAL: Final = re.compile(r"\d{5}(?:\.\d+)?")
FIRST_YEAR: Final = 1900
"""The first year of the days of spreadsheets; an earlier one is a slip."""
MOST_DIGITS: Final = 24
"""The digits of a number; with more, a multiplication by the 1,000 of a unit would be rounded (28 digits are kept)."""
YES: Final = frozenset({"是", "有", "yes", "y", "true", "1", "√", "对"})
NO: Final = frozenset({"否", "无", "no", "n", "false", "0", "×", "x"})


def read_decimal(cell: Cell) -> Decimal:
    """Return a number, in any width and with commas between thousands. Raises CellProblem."""
    if isinstance(cell, float | Decimal):
        text = write_number(cell)
    elif isinstance(cell, int) and not isinstance(cell, bool):
        text = str(cell) if is_kept(cell) else ""
    else:
        text = _GROUPS.sub("", _half_width(cell))
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise CellProblem("number_needed") from None
    if not number.is_finite() or not is_kept(number) or len(number.as_tuple().digits) > MOST_DIGITS:
        raise CellProblem("number_needed")
    return number


def read_number(cell: Cell) -> float:
    """Return a number such as a coordinate. Raises CellProblem."""
    return float(read_decimal(cell))


def read_whole(cell: Cell) -> int:
    """Return a whole number: 30, `３０` or 30.0. Raises CellProblem for a part of one."""
    number = read_decimal(cell)
    if number != number.to_integral_value():
        raise CellProblem("whole_number_needed")
    return int(number)


def read_fen(cell: Cell) -> int:
    """Return an amount of yuan in fen: 50, `50.00`, `￥50` or `50元`. Raises CellProblem for a part of a fen."""
    if isinstance(cell, str):
        cell = _half_width(cell).removeprefix("¥").removesuffix("元").strip()
    fen = read_decimal(cell) * 100
    if fen != fen.to_integral_value():
        raise CellProblem("amount_below_fen")
    return int(fen)


def read_flag(cell: Cell) -> bool:
    """Return yes or no. Raises CellProblem."""
    if isinstance(cell, bool):
        return cell
    text = _half_width(cell).casefold()
    if text in YES or text in NO:
        return text in YES
    raise CellProblem("yes_or_no_needed")


def read_day(cell: Cell) -> date:
    """Return a day: a date of a spreadsheet, its serial number, 2026-03-02, 2026/3/2, 2026年3月2日 or 20260302.

    Raises CellProblem, also for a year of two digits and for a day whose month comes first.
    """
    found = read_moment(cell)
    return found.date() if isinstance(found, datetime) else found


def read_moment(cell: Cell) -> datetime | date:
    """Return a day, or a day with a time, in the city's zone or with its own offset. Raises CellProblem."""
    if isinstance(cell, datetime | date):
        return cell
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        return _of_serial(float(cell), of_1904=isinstance(cell, Serial1904))
    text = _half_width(cell)
    if _SERIAL.fullmatch(text):
        return _of_serial(float(text), of_1904=False)
    try:
        return _of_words(text)
    except ValueError:
        raise CellProblem("day_not_read") from None


def _of_words(text: str) -> datetime | date:
    day = _DAY.match(text)
    if day is None:
        raise ValueError(text)
    year, month, number = (int(part) for part in day.groups() if part is not None)
    if year < FIRST_YEAR:
        raise ValueError(text)
    rest = text[day.end() :].strip().removeprefix("T").strip()
    if not rest:
        return date(year, month, number)
    clock = _TIME.match(rest)
    if clock is None:
        raise ValueError(text)
    hour, minute, second = (int(part or 0) for part in clock.groups())
    offset = rest[clock.end() :].strip()
    moment = datetime.combine(date(year, month, number), time(hour, minute, second))
    return moment if not offset else datetime.fromisoformat(f"{moment.isoformat()}{offset}")


def _of_serial(serial: float, *, of_1904: bool) -> datetime | date:
    found = from_serial(serial, of_1904=of_1904)
    if isinstance(found, datetime | date) and serial >= 1:
        return found
    raise CellProblem("day_not_read")


def _half_width(cell: Cell) -> str:
    return unicodedata.normalize("NFKC", read_text(cell)).strip()
