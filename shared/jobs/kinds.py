"""The kinds of rows that a service imports, each declared by one table: its columns, its model, and its command.

AREAS = ImportOf(
"areas", ImportAreas.permission, AreaRow, columns=(Column("code", ("区划代码",), read_code, required=True), …),
most=1000, area=lambda row: row.code, command=lambda rows: ImportAreas(rows=tuple(rows)), outcome=…,
)
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.contracts.access import Permission
from shared.contracts.broken_rules import read_broken_rule, read_errors
from shared.contracts.jobs import CoordinateSystem, ImportKind, RowError
from shared.contracts.messages import Command, Message
from shared.contracts.reasons import Reason, reason
from shared.contracts.refusals import Refused
from shared.engine.decide.handlers import Handling
from shared.engine.decide.incoming import Incoming
from shared.runtime.vault import Vault
from shared.tables.cells import read_code
from shared.tables.headers import Column, Header, read_cells
from shared.tables.problems import CellProblem
from shared.tables.rows import RawRow

MOST_ROW_ERRORS: Final = 10
"""Errors of one row that are kept."""
ROW_DIGITS: Final = 7
MOST_DIGITS_MORE: Final = 26
"""A longer number has one letter, by its digits above ROW_DIGITS."""
NESTED: Final = "."
M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The outcome of a command about several rows: those changed, those unchanged, and the refusals by their place."""

    taken: int
    unchanged: int = 0
    refused: Mapping[int, Refused] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """All that reading the rows of one file goes by, beside the file itself.

    `unread` are the fields of the row at hand whose cells have problems of their own.
    """

    area: str
    zone: ZoneInfo
    coordinates: CoordinateSystem
    unread: AbstractSet[str] = frozenset()

    def is_unread(self, name: str) -> bool:
        """Return whether the cell of the field, of one within it or of one around it has a problem of its own."""
        return any(f"{one}.".startswith(f"{name}.") or f"{name}.".startswith(f"{one}.") for one in self.unread)


Build = Callable[[Mapping[str, Any], Reading], Mapping[str, Any]]
"""Makes the fields of the model of the cells that could be read. Raises CellProblem about the whole row, but for no
rule that an unread cell may keep.
"""


Find = Callable[[Incoming[M], Vault], Handling]
"""A handler that loads and writes nothing; it returns the model with the ids in it. Raises Refused about the row."""


def as_they_are(values: Mapping[str, Any], _: Reading) -> Mapping[str, Any]:
    """Return the cells as the fields of the model."""
    return values


@dataclass(frozen=True)
class ImportOf(Generic[M]):
    """One kind of rows. `permission` is that of its command, `most` the rows of one transaction.

    `area` returns the area of a row, or None where another thing gives it. `command` makes the command of rows, which
    a job's actor sends; `outcome` reads its answer. `key` names the columns by which a row is known: a second row of
    the same cells there is refused. Rules of `unchanged` refuse a row that is there already. Columns with `ignored`
    headers are not read. With `alone` the command is about one row, and those of a part are decided one after the
    other; a command that writes nothing has found its row there. `find` puts the ids of things that a row names in
    other ways into it: it loads, writes nothing, and returns the model that `command` takes.
    """

    name: ImportKind
    permission: Permission
    model: type[M]
    columns: Sequence[Column]
    most: int
    area: Callable[[M], str | None]
    command: Callable[[Sequence[M]], Command]
    outcome: Callable[[Any, Sequence[M]], Outcomes]
    build: Build = as_they_are
    find: Find[M] | None = None
    key: Sequence[str] = ()
    ignored: Sequence[str] = ()
    unchanged: frozenset[str] = frozenset()
    alone: bool = False

    def read(self, raw: RawRow, header: Header, reading: Reading) -> M | list[tuple[str, Reason]]:
        """Return the row as its model, or all its problems, each with the words of its column.

        Where a cell cannot be read, the others are put through the rules that do not need it; of a row whose cells are
        merged or too many, none.
        """
        values, unfit = read_cells(raw, header)
        problems = [(header.words.get(name, ""), problem.reason) for name, problem in unfit]
        unread = frozenset(name for name, _ in unfit)
        if "" not in unread:
            row = self._apply_rules(values, header, replace(reading, unread=unread))
            if not isinstance(row, list):
                return problems[:MOST_ROW_ERRORS] or row
            problems += row
        return problems[:MOST_ROW_ERRORS]

    def _apply_rules(self, values: Mapping[str, Any], header: Header, reading: Reading) -> M | list[tuple[str, Reason]]:
        """Return the model of the cells, or the rules that they break, without those that need an unread cell."""
        try:
            row = self.model.model_validate(self.build(values, reading))
        except CellProblem as problem:
            return [("", problem.reason)]
        except ValidationError as error:
            # A rule about the whole row, whose path is empty, may need any of its cells.
            paths = [(_path(part["loc"]), part) for part in read_errors(error)]
            sure = [part for path, part in paths if not reading.unread or (path and not reading.is_unread(path))]
            return [_broken(part, header) for part in sure]
        area = self.area(row)
        if area is not None and not area.startswith(reading.area):
            return [("", reason("row_elsewhere", area=area, wanted=reading.area))]
        return row

    def key_of(self, raw: RawRow, header: Header) -> int | None:
        """Return the hash of the cells by which the row is known; None where all are empty, or one is not read."""
        at = [header.fields.get(one, len(raw.cells)) for one in self.key]
        cells = [raw.cells[place] if place < len(raw.cells) else None for place in at]
        try:
            texts = tuple(read_code(cell) for cell in cells)
        except CellProblem:
            return None
        return hash(texts) if any(texts) else None

    def refused(self, refusal: Refused, header: Header) -> tuple[str, Reason]:
        """Return the problem of a row that its command was refused for, with the words of its column, if it has one."""
        column = _column(refusal.field or "", header)
        known = column if column in header.words.values() else ""
        return known, Reason(code=refusal.rule, args=dict(refusal.values))


def make_error(job_id: str, raw: RawRow, nth: int, column: str, problem: Reason) -> RowError:
    """Return the error of a row; its id sorts as the rows do."""
    place = f"{raw.number:0{ROW_DIGITS}d}"
    if more := min(len(place) - ROW_DIGITS, MOST_DIGITS_MORE):
        # A file of empty lines may have such rows; letters sort behind all digits, and earlier ids stay as they are.
        place = f"{chr(ord('a') + more - 1)}{place}"
    row = RowError(id=f"{job_id}.{place}.{nth}", row=raw.number, sheet=raw.sheet, problem=problem)
    return row.model_copy(update={"column": column[:64]})


def _broken(part: ErrorDetails, header: Header) -> tuple[str, Reason]:
    broken = read_broken_rule(part)
    return _column(broken.field, header), Reason(code=broken.rule, args=dict(broken.args))


def _path(places: Sequence[str | int]) -> str:
    return NESTED.join(place for place in places if isinstance(place, str))


def _column(path: str, header: Header) -> str:
    """Return the words of the column that fills the field, or the nearest field around it; the path where none does."""
    parts = [part for part in path.split(NESTED) if not part.isdigit()]
    for end in range(len(parts), 0, -1):
        name = NESTED.join(parts[:end])
        if name in header.words:
            return header.words[name]
        inner = {each: words for each, words in header.words.items() if each.startswith(f"{name}.")}
        same = [words for each, words in inner.items() if each.endswith(f".{parts[-1]}")]
        if same or inner:
            return (same or [*inner.values()])[0]
    return path
