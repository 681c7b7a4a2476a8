"""The header of a file: which declared column each of its cells names, in Chinese or in English."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol

from shared.tables.cells import read_text
from shared.tables.problems import CellProblem, FileProblem
from shared.tables.rows import MOST_COLUMNS, Cell, RawRow

MOST_SHOWN: Final = 64
"""Characters of a header that are named in a problem."""
_NOISE: Final = re.compile(r"[\s_\-*:.·]+|\((必填|选填|required|optional)\)", re.IGNORECASE)
COMMON: Final = ("序号", "编号", "备注", "no", "number", "remark", "remarks", "note")
"""Headers that offices add for themselves: their cells are not read."""


class Read(Protocol):
    """Reads a cell. Raises CellProblem."""

    def __call__(self, cell: Cell) -> Any:
        """Return the value of a cell that is not empty."""


@dataclass(frozen=True, slots=True)
class Column:
    """A declared column: the field that it fills, its headers, the Chinese one first, and the reader of its cells.

    A row without a cell in a `required` column is bad; a file without the column is refused as a whole.
    """

    field: str
    names: Sequence[str]
    read: Read = read_text
    required: bool = False


@dataclass(frozen=True)
class Header:
    """The header of a file: each declared column with its place and its words."""

    places: Mapping[int, Column]
    words: Mapping[str, str]
    """The words of the file's own header, by field."""
    width: int

    @cached_property
    def fields(self) -> Mapping[str, int]:
        """The place of each declared column, by field."""
        return {column.field: at for at, column in self.places.items()}


def fold(name: str) -> str:
    """Return a header as headers are compared: without width, case, spaces, marks of duty and punctuation."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", name).strip().strip("\ufeff").casefold())


def read_header(row: RawRow, columns: Sequence[Column], ignored: Sequence[str] = ()) -> Header:
    """Return the header; columns of `ignored` headers are not read.

    Raises FileProblem: too many columns, one twice, an unknown one, a required one missing, merged cells. It names
    places and never words of the file, which may be about a person where the header is missing.
    """
    if row.merged:
        raise FileProblem("header_merged", row=row.number)
    cells = list(row.cells)
    while cells and (cells[-1] is None or not str(cells[-1]).strip()):
        cells.pop()
    if len(cells) > MOST_COLUMNS:
        raise FileProblem("too_many_columns", count=len(cells), limit=MOST_COLUMNS)
    known = {fold(name): column for column in columns for name in (*column.names, column.field)}
    passed_over = {fold(name) for name in (*COMMON, *ignored)} - known.keys()
    places: dict[int, Column] = {}
    words: dict[str, str] = {}
    for place, cell in enumerate(cells):
        shown = "" if cell is None else str(cell).strip()[:MOST_SHOWN]
        column = known.get(fold(shown))
        if column is None:
            if not shown:
                raise FileProblem("header_cell_empty", column=letters(place))
            if fold(shown) in passed_over:
                continue
            listed = ", ".join(each.names[0] for each in columns)
            raise FileProblem("header_unknown", column=letters(place), known=listed)
        if column.field in words:
            first = next(letters(at) for at, one in places.items() if one.field == column.field)
            raise FileProblem("column_twice", first=first, second=letters(place))
        places[place], words[column.field] = column, shown
    if lacking := [each.names[0] for each in columns if each.required and each.field not in words]:
        raise FileProblem("header_missing", columns=", ".join(lacking))
    return Header(places, words, len(cells))


def read_cells(row: RawRow, header: Header) -> tuple[dict[str, Any], list[tuple[str, CellProblem]]]:
    """Return the values of a row by field, and the problem of each field that has one; the empty field is the row."""
    values: dict[str, Any] = {}
    problems: list[tuple[str, CellProblem]] = []
    if any(cell is not None and str(cell).strip() for cell in row.cells[header.width :]):
        problems.append(("", CellProblem("row_too_wide", count=header.width)))
    if row.merged:
        problems.append(("", CellProblem("cells_merged")))
    for place, column in header.places.items():
        cell = row.cells[place] if place < len(row.cells) else None
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            if column.required:
                problems.append((column.field, CellProblem("cell_missing")))
            continue
        try:
            values[column.field] = column.read(cell)
        except CellProblem as problem:
            problems.append((column.field, problem))
    return values, problems


def letters(place: int) -> str:
    """Return the letters of a column as a spreadsheet shows them: 0 is A, 26 is AA."""
    found, place = "", place + 1
    while place:  # ends: it is divided by 26 each time
        place, rest = divmod(place - 1, 26)
        found = chr(ord("A") + rest) + found
    return found
