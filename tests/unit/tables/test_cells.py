"""Single cells as offices write them, and the text of a file that a spreadsheet opens again."""

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from shared.tables.cells import read_code, read_text
from shared.tables.problems import CellProblem
from shared.tables.rows import Cell, Serial1904
from shared.tables.values import read_day, read_fen, read_flag, read_moment, read_number, read_whole
from shared.tables.written import write_csv

MARCH = date(2026, 3, 2)
NINE = datetime(2026, 3, 2, 9, 5)  # noqa: DTZ001 - a cell has no zone
EIGHT = timezone(timedelta(hours=8))
READ: list[tuple[Callable[[Cell], object], Cell, object]] = [
    (read_text, "  榆树馆 ", "榆树馆"), (read_text, True, "TRUE"), (read_text, 30.0, "30"),
    (read_text, MARCH, "2026-03-02"),
    (read_code, "１１０１０２", "110102"), (read_code, 110102.0, "110102"), (read_code, "'110102", "110102"),
    (read_code, "11010519491231002x", "11010519491231002x"),
    (read_whole, "３０", 30), (read_whole, 30.0, 30), (read_whole, "1,050", 1050), (read_whole, "30.0", 30),
    (read_number, "116.3", 116.3), (read_number, "－１.５", -1.5),
    (read_text, 0.1 + 0.2, "0.3"), (read_fen, 0.1 + 0.2, 30), (read_text, Decimal("1.10"), "1.10"),
    (read_code, Decimal("110102.0"), "110102"), (read_number, Decimal("1E-999999999"), 0.0),
    (read_whole, Decimal("3E+1"), 30),
    (read_fen, 50, 5000), (read_fen, "50.05", 5005), (read_fen, "￥1,050.5元", 105_050), (read_fen, 0.1, 10),
    (read_flag, "是", True), (read_flag, "Ｙ", True), (read_flag, False, False), (read_flag, "0", False),
    (read_day, "2026-03-02", MARCH), (read_day, "2026/3/2", MARCH), (read_day, "2026.3.2", MARCH),
    (read_day, "2026年3月2日", MARCH), (read_day, "20260302", MARCH), (read_day, "２０２６-３-２", MARCH),
    (read_day, 46083, MARCH), (read_day, "46083", MARCH), (read_day, Serial1904(44621), MARCH), (read_day, NINE, MARCH),
    (read_moment, "2026-03-02 9:05", NINE), (read_moment, "2026年3月2日9时5分", NINE),
    (read_moment, 46083.5, NINE.replace(hour=12, minute=0)),
    (read_moment, "2026-03-02T09:05:00+08:00", NINE.replace(tzinfo=EIGHT)),
]  # fmt: skip
REFUSED: list[tuple[Callable[[Cell], object], Cell, str]] = [
    (read_text, "#REF!", "formula_failed"), (read_text, "x" * 40_000, "cell_is_too_long"),
    (read_code, 1.10105194912310e17, "digits_lost"), (read_code, "1.10105E+17", "digits_lost"),
    (read_whole, 2.5, "whole_number_needed"), (read_whole, "两", "number_needed"),
    (read_whole, True, "number_needed"), (read_whole, "1,05", "number_needed"),
    (read_number, "NaN", "number_needed"), (read_number, "1e99", "number_needed"),
    (read_fen, "1E+9999999", "number_needed"),
    (read_whole, Decimal("1E+999999999"), "number_needed"),
    (read_fen, Decimal("50." + "0" * 30 + "1"), "number_needed"),
    (read_whole, 10**20, "number_needed"), (read_day, Decimal("1E+400"), "day_not_read"),
    (read_fen, "0.005", "amount_below_fen"), (read_fen, "五十元", "number_needed"),
    (read_flag, "也许", "yes_or_no_needed"), (read_flag, 2, "yes_or_no_needed"),
    (read_day, 2958465.9999999, "day_not_read"), (read_day, Serial1904(2958000), "day_not_read"),
    (read_day, -1, "day_not_read"), (read_moment, "0001-01-01 00:00", "day_not_read"),
    (read_day, "3/2/2026", "day_not_read"), (read_day, "26-3-2", "day_not_read"),
    (read_day, "2026-02-30", "day_not_read"), (read_day, 60, "day_not_read"), (read_day, 0.5, "day_not_read"),
    (read_day, 9e9, "day_not_read"), (read_day, "2026-03-02 25:00", "day_not_read"),
    (read_day, "2026-03-02 soon", "day_not_read"),
]  # fmt: skip


@pytest.mark.parametrize(("read", "cell", "value"), READ)
def test_a_cell_is_read_as_it_is_meant(read: Callable[[Cell], object], cell: Cell, value: object) -> None:
    assert read(cell) == value


@pytest.mark.parametrize(("read", "cell", "rule"), REFUSED)
def test_a_cell_that_may_mean_something_else_is_refused_by_rule(
    read: Callable[[Cell], object], cell: Cell, rule: str
) -> None:
    with pytest.raises(CellProblem) as refused:
        read(cell)
    assert refused.value.reason.code == rule


@pytest.mark.parametrize("cell", ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_that_looks_like_a_formula_is_written_as_text(cell: str) -> None:
    assert write_csv([[cell, "plain"]]).lstrip('"').startswith("'")
