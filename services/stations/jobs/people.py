"""Cells about people, as offices write them: words of closed lists, and several telephones in one cell."""

import re
from collections.abc import Mapping
from typing import Final

from shared.tables.cells import read_code, read_text
from shared.tables.rows import Cell

_BETWEEN: Final = re.compile(r"[、，,;；/]+")
MOST: Final = 250
"""People of one transaction: each has a data key, an event, an audit row and sealed values.

Fewer take longer a row: 100 a third more CPU. With more of them a registration at the same time waits more often, as it
shares parts of the marks.
"""


def read_list(cell: Cell) -> list[str]:
    """Return the codes of a cell, such as telephones, with any of the marks between them that offices use."""
    if isinstance(cell, str):
        return [code for part in _BETWEEN.split(cell) if (code := read_code(part))]
    return [code] if (code := read_code(cell)) else []


def read_word(cell: Cell, words: Mapping[str, str]) -> str:
    """Return the code of a word; a word that is none is left to the rule of the field."""
    text = read_text(cell)
    return words.get(text, text.lower())
