"""A list of objects in JSON (RFC 8259), as public registers are shared: read event by event, one object held at a time.

Read by ijson with its backend in Python. The one in C ends the process at a number of more than 4,300 digits, and puts
a question mark for half a surrogate pair (ijson 3.6.0): a file must do neither. 16 MiB take 3 s, and 0.2 s in C.
"""

import codecs
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from typing import Any, Final

import ijson

from shared.tables.problems import FileProblem
from shared.tables.rows import Cell, Pieces, RawRow

MOST_ITEM: Final = 64 * 1024
"""Characters and values of one object."""
MOST_UNREAD: Final = 4 * MOST_ITEM
"""Characters that are read without the end of an object."""
NESTED: Final = "#VALUE!"
"""Stands for a list or an object within an object, which is no value of a cell."""
_PARSER: Final[Any] = ijson.get_backend("python")
_BEGINS: Final = frozenset({"start_map", "start_array"})
_ENDS: Final = frozenset({"end_map", "end_array"})


def read_json(pieces: Pieces) -> Iterator[RawRow]:
    """Yield the keys of the first object as a header, row 0, then each object as a row: the first one is row 1.

    A key that the first object does not have stands beyond the header. Numbers are those of the file, digit by digit.
    Raises FileProblem at the object that breaks the form, or has a key twice.
    """
    keys: list[str] = []
    for number, item in enumerate(_Items(pieces), 1):
        if not keys:
            keys = list(item)
            yield RawRow(0, keys)
        named: list[Cell] = [item.pop(key, None) for key in keys]
        yield RawRow(number, named + list(item.values()))


class _Items:
    """The objects of a list, one held at a time: a list or an object within one of them is NESTED."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._unread, self._number = 0, 1

    def __iter__(self) -> Iterator[dict[str, Cell]]:
        with closing(self._events()) as events:
            if next(events, ("", None))[0] != "start_array":
                raise FileProblem("json_not_a_list")
            for event, _ in events:
                if event == "start_map":
                    yield self._object(events)
                    self._number, self._unread = self._number + 1, 0
                elif event != "end_array":
                    raise self._problem()

    def _events(self) -> Generator[tuple[str, Any]]:
        found = ijson.sendable_list()
        parser = _PARSER.basic_parse_coro(found, use_float=False)
        try:
            for piece in codecs.iterdecode(self._pieces(), "utf-8-sig"):
                self._unread += len(piece)
                parser.send(piece.encode())
                yield from found
                del found[:]
                if self._unread > MOST_UNREAD:
                    raise self._problem()
            parser.close()
            yield from found
        except UnicodeDecodeError:
            raise FileProblem("json_not_utf8") from None
        except (ijson.JSONError, ValueError):  # ValueError: a character that no text has
            yield from found  # read before the fault, in the same piece
            raise self._problem() from None
        finally:
            with suppress(ijson.JSONError):  # of the part that is not read
                parser.close()

    def _object(self, events: Iterator[tuple[str, Any]]) -> dict[str, Cell]:
        """Return the object whose beginning was read. Raises FileProblem for one too large, or a key twice."""
        found: dict[str, Cell] = {}
        key, depth, size = "", 1, 0
        for event, value in events:
            size += 1 + (len(value) if isinstance(value, str) else 0)
            if size > MOST_ITEM:
                raise self._problem()
            if event in _ENDS:
                depth -= 1
                if not depth:
                    return found
            elif event in _BEGINS:
                found[key], depth = NESTED, depth + 1
            elif event == "map_key" and depth == 1:
                key = value
                if key in found:
                    raise FileProblem("json_key_twice", row=self._number)
            elif depth == 1:
                found[key] = value
        raise self._problem()

    def _problem(self) -> FileProblem:
        return FileProblem("json_item_not_read", row=self._number)
