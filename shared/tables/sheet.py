"""The rows of one sheet of a workbook, read row by row, with their values as a spreadsheet shows them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from shared.tables.problems import FileProblem
from shared.tables.rows import MOST_CELL, MOST_COLUMNS, Cell, RawRow, Serial1904
from shared.tables.xml_parts import read_elements

MOST_ROW: Final = 1_048_576
"""The last row of a sheet (ECMA-376)."""
MOST_ESCAPED: Final = MOST_CELL * len("_x000D_")
"""Characters of a text in a cell, each as an escape."""
MOST_MERGED: Final = 200_000
"""Rows with merged cells that a sheet may have."""
EPOCH_1900: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's days have no zone
EPOCH_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001
LEAP_DAY: Final = 60
"""The serial number of 29 February 1900, which there never was (a mistake of Lotus 1-2-3 that Excel keeps)."""
LAST_DAY: Final = 2_958_466
"""The serial number after 31 December 9999."""
KEPT_DIGITS: Final = 15
FAILED: Final = "#VALUE!"
"""Stands for a formula without a stored value, and for a number that is no day."""
_MERGED: Final = re.compile(
    rb"""<(?:\w+:)?mergeCell\s[^>]*?ref=["']\$?[A-Z]{1,3}\$?(\d{1,7}):\$?[A-Z]{1,3}\$?(\d{1,7})["']"""
)
_CELL_NAME: Final = re.compile(r"([A-Z]{1,3})[0-9]{1,7}")
_TAIL: Final = 512
"""Bytes of the piece before, in which the beginning of a name may stand."""


@dataclass(frozen=True)
class Formats:
    """The texts and formats that the cells of a sheet name by number."""

    texts: Sequence[str]
    dates: Sequence[bool]
    of_1904: bool


@dataclass
class _Rows:
    """Collects the rows of a sheet as their elements come."""

    sheet: str
    formats: Formats
    merged: frozenset[int]
    ready: list[RawRow] = field(default_factory=list)
    number: int = 0
    cells: list[Cell] = field(default_factory=list)
    place: int = -1
    kind: str = ""
    style: int = 0
    formula: bool = False
    within: str = ""
    value: list[str] = field(default_factory=list)
    length: int = 0
    held: bool = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self.within = name
        if name == "row":
            number = int(attributes.get("r", self.number + 1))
            if not self.number < number <= MOST_ROW:
                raise FileProblem("workbook_damaged")
            self.number, self.cells, self.place = number, [], -1
        elif name == "c":
            named = attributes.get("r")
            self.place = self.place + 1 if named is None else _column(named)
            self.kind, self.style = attributes.get("t", "n"), int(attributes.get("s", 0))
            self.value, self.length, self.formula, self.held = [], 0, False, False
        elif name == "f":
            self.formula = True
        elif name in {"v", "is"}:
            self.held = True

    def text(self, data: str) -> None:
        if self.within in {"v", "t"}:
            self.value.append(data)
            self.length += len(data)
            if self.length > MOST_ESCAPED:
                raise FileProblem("cell_too_long", row=self.number, limit=MOST_CELL)

    def end(self, name: str) -> None:
        self.within = ""
        if name == "c":
            self._keep()
        elif name == "row" and self.cells:
            self.ready.append(RawRow(self.number, self.cells, self.sheet, merged=self.number in self.merged))
            self.cells = []

    def _keep(self) -> None:
        cell = FAILED if self.formula and not self.held else self._read("".join(self.value))
        if cell is None or cell == "":
            return
        if self.place >= MOST_COLUMNS:
            raise FileProblem("too_many_columns", count=self.place + 1, limit=MOST_COLUMNS)
        if isinstance(cell, str) and len(cell) > MOST_CELL:
            raise FileProblem("cell_too_long", row=self.number, limit=MOST_CELL)
        self.cells += [None] * (self.place + 1 - len(self.cells))
        self.cells[self.place] = cell

    def _read(self, text: str) -> Cell:
        if not self.held:
            return None
        if self.kind == "s":
            if not text.isdigit():  # a negative place would be counted from the end
                raise FileProblem("workbook_damaged")
            return self.formats.texts[int(text)]
        if self.kind == "b":
            return text.strip() == "1"
        if self.kind == "n" and text.strip():
            return self._number(text.strip())
        return datetime.fromisoformat(text.strip().removesuffix("Z")) if self.kind == "d" else text

    def _number(self, text: str) -> Cell:
        if 0 <= self.style < len(self.formats.dates) and self.formats.dates[self.style]:
            return from_serial(float(text), of_1904=self.formats.of_1904)
        if text.removeprefix("-").isdigit() and len(text) <= KEPT_DIGITS:
            number: float = int(text)
        else:
            number = float(text)
        return Serial1904(number) if self.formats.of_1904 else number


def read_sheet(pieces: Iterable[bytes], name: str, formats: Formats, merged: frozenset[int]) -> Iterator[RawRow]:
    """Yield the rows of a sheet that hold anything. Raises FileProblem for a damaged one."""
    rows = _Rows(name, formats, merged)
    try:
        for _ in read_elements(pieces, rows):
            yield from rows.ready
            rows.ready.clear()
    except (ValueError, IndexError, OverflowError):
        raise FileProblem("workbook_damaged") from None


def has_cells(pieces: Iterable[bytes]) -> bool:
    """Return whether a sheet holds any cell with a value. Raises FileProblem for a damaged one."""
    rows = _Rows("", Formats(_AnyText(), (), of_1904=False), frozenset())
    try:
        return any(bool(rows.ready) for _ in read_elements(pieces, rows))
    except (ValueError, IndexError, OverflowError):
        raise FileProblem("workbook_damaged") from None


class _AnyText(Sequence[str]):
    """Texts of which it only matters that they are there."""

    def __getitem__(self, _: object) -> str:
        return "-"

    def __len__(self) -> int:
        return 0


def find_merged_rows(pieces: Iterable[bytes]) -> frozenset[int]:
    """Return the rows in which cells are merged; they are listed after the rows. Raises FileProblem for too many."""
    found: set[int] = set()
    tail = b""
    for piece in pieces:
        text = tail + piece
        for match in _MERGED.finditer(text):
            first, last = int(match[1]), int(match[2])
            if last - first + len(found) > MOST_MERGED:
                raise FileProblem("too_many_merged", limit=MOST_MERGED)
            found.update(range(first, last + 1))
        tail = text[-_TAIL:]
    return frozenset(found)


def from_serial(serial: float, *, of_1904: bool) -> date | datetime | time | str:
    """Return the day or time of a serial number, to the second; FAILED for none. In 1900 there are 366 days."""
    if not 0 <= serial < LAST_DAY or (not of_1904 and int(serial) == LEAP_DAY):
        return FAILED
    seconds = round(serial * 86_400)
    early = timedelta(days=1) if serial < LEAP_DAY and not of_1904 else timedelta()
    try:
        moment = (EPOCH_1904 if of_1904 else EPOCH_1900) + early + timedelta(seconds=seconds)
    except OverflowError:  # beyond 9999, also by rounding
        return FAILED
    if serial < 1:
        return moment.time()
    return moment.date() if seconds % 86_400 == 0 else moment


def _column(named: str) -> int:
    match = _CELL_NAME.fullmatch(named)
    if match is None:
        raise FileProblem("workbook_damaged")
    place = 0
    for letter in match[1]:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1
