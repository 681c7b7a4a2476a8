"""A list of objects in JSON (RFC 8259), as public registers are shared: read object by object."""

import codecs
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.tables.problems import FileProblem
from shared.tables.rows import Cell, Pieces, RawRow

MOST_ITEM: Final = 64 * 1024
"""Characters of one object."""
NESTED: Final = "#VALUE!"
"""Stands for a list or an object within an object, which is no value of a cell."""
_DECODER: Final = json.JSONDecoder(parse_constant=lambda _: NESTED)
_SPACE: Final = " \t\r\n"


def read_json(pieces: Pieces) -> Iterator[RawRow]:
    """Yield the keys of the first object as a header, row 0, then each object as a row: the first one is row 1.

    A key that the first object does not have stands beyond the header. Raises FileProblem at the object that breaks the
    form.
    """
    keys: list[str] = []
    for number, item in enumerate(_Items(pieces), 1):
        if not isinstance(item, dict):
            raise FileProblem("json_item_not_read", row=number)
        if not keys:
            keys = list(item)
            yield RawRow(0, keys)
        yield RawRow(number, _to_cells(item, keys))


def _to_cells(item: Mapping[str, Any], keys: list[str]) -> list[Cell]:
    named = [_to_cell(item.get(key)) for key in keys]
    return named + [_to_cell(value) for key, value in item.items() if key not in keys]


def _to_cell(value: object) -> Cell:
    return value if value is None or isinstance(value, str | int | float | bool) else NESTED


class _Items:
    """The items of a list, one held at a time."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces, self._decoder = pieces(), codecs.getincrementaldecoder("utf-8-sig")("strict")
        self._text, self._at, self._ended, self._read = "", 0, False, 0

    def __iter__(self) -> Iterator[object]:
        if self._next() != "[":
            raise FileProblem("json_not_a_list")
        self._at += 1
        if self._next() == "]":
            return
        while True:
            yield self._item()
            self._read += 1
            mark = self._next()
            self._at += 1
            if mark == "]":
                return
            if mark != ",":
                raise self._problem()

    def _item(self) -> object:
        self._next()
        while True:
            try:
                item, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if self._ended or len(self._text) - self._at > MOST_ITEM:
                    raise self._problem() from None
            except (RecursionError, ValueError):  # nested thousands deep, or a number of thousands of digits
                raise self._problem() from None
            else:
                # A number at the end of a piece may go on in the next one.
                if end < len(self._text) or self._ended:
                    self._at = end
                    return item
            self._fill()

    def _next(self) -> str:
        """Return the next character that is no white space, without taking it; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text) or self._ended:
                return self._text[self._at : self._at + 1]
            self._fill()

    def _fill(self) -> None:
        piece = next(self._pieces, None)
        self._ended = piece is None
        try:
            self._text = self._text[self._at :] + self._decoder.decode(piece or b"", final=self._ended)
        except UnicodeDecodeError:
            raise FileProblem("json_not_utf8") from None
        self._at = 0

    def _problem(self) -> FileProblem:
        return FileProblem("json_item_not_read", row=self._read + 1)
