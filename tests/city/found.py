"""The results of the store in memory: cursors, and the aggregation pipelines that the queries about people use."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from tests.city.expressions import fits
from tests.city.store import Document

Seen = Callable[[str, Document], Iterable[Document]]
"""Returns the documents of a collection that fit a rule, as the reader sees them."""


class Cursor:
    """The documents that a find returns, sorted and limited."""

    def __init__(self, found: list[Document]) -> None:
        self._found = found

    def sort(self, key: Any, direction: int = 1) -> "Cursor":
        """Sort by one field or by several."""
        for name, way in reversed(key if isinstance(key, list) else [(key, direction)]):
            self._found.sort(key=itemgetter(name), reverse=way < 0)
        return self

    def skip(self, number: int) -> "Cursor":
        """Leave the first `number` out."""
        return Cursor(self._found[number:])

    def limit(self, most: int) -> "Cursor":
        """Keep the first `most`."""
        self._found = self._found[:most] if most else self._found
        return self

    def max_time_ms(self, _: int) -> "Cursor":
        """Nothing takes time here."""
        return self

    def hint(self, _: str) -> "Cursor":
        """Every search reads everything here."""
        return self

    def __iter__(self) -> Iterator[Document]:
        return iter(self._found)


def follow(seen: Seen, name: str, pipeline: Sequence[Document], now: Callable[[], datetime]) -> list[Document]:
    """Return the documents of a pipeline of `$match`, `$limit`, `$unionWith`, and `$set` and `$project` of literals."""
    first: Document = pipeline[0].get("$match", {}) if pipeline else {}
    found = list(seen(name, first))
    for stage in pipeline[1:] if first else pipeline:
        ((kind, given),) = stage.items()
        if kind == "$match":
            found = [row for row in found if fits(row, given, now)]
        elif kind == "$limit":
            found = found[:given]
        elif kind == "$set":
            found = [row | given for row in found]
        elif kind == "$project":
            found = [_project(row, given) for row in found]
        else:
            assert kind == "$unionWith", f"{kind} is no stage of this store"
            found += follow(seen, given["coll"], given["pipeline"], now)
    return found


def _project(row: Document, fields: Document) -> Document:
    added = {name: rule["$literal"] for name, rule in fields.items() if isinstance(rule, dict)}
    return {name: value for name, value in row.items() if name == "_id" or name in fields} | added
