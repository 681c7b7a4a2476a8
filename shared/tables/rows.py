"""A row of a file as its form has it, before anybody reads its cells."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

Cell = str | int | float | Decimal | bool | date | datetime | time | None
"""A value of a cell: text in CSV, typed values in workbooks and JSON, numbers of JSON as they are written."""
Pieces = Callable[[], Iterator[bytes]]
"""Returns the bytes of a file from its beginning, piece by piece; it may be called again."""
MOST_COLUMNS: Final = 200
MOST_CELL: Final = 32_767
"""Characters of one cell, as Excel allows them."""


class Serial1904(float):
    """A number of a workbook whose days are counted from 1904: as a day it is another than in other workbooks."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """The cells of a row. `number` is that of a spreadsheet: the first row is 1.

    With `merged`, cells of the row are merged, so that one value stands for several.
    """

    number: int
    cells: Sequence[Cell]
    sheet: str = ""
    merged: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no cell holds anything but white space."""
        return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in self.cells)
