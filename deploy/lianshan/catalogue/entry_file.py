"""The files of a city's own entries: each row is good, or has faults, each with its column and its rule."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from shared.contracts.broken_rules import read_broken_rule, read_errors
from shared.contracts.catalogue.defaults import DEFAULTS
from shared.contracts.reasons import Reason, reason
from shared.contracts.stations.catalogue import AddEntry

MOST_ROWS: Final = 5_000
"""As many entries as a city may add."""
MOST_BYTES: Final = 8 * 1024**2
"""Bytes of a file: over 1,600 a row."""
REQUIRED: Final = ("kind", "code", "zh", "en")
COLUMNS: Final = (*REQUIRED, "synonyms", "form", "units", "equivalents")
_UNITS: Final = {unit.code: unit for entry in DEFAULTS for unit in entry.units}
"""The shipped units, which a row may name by code alone."""
_OTHER_DELIMITERS: Final = {";": "semicolon", "\t": "tab"}

Body = dict[str, object]
"""A body of `POST /v1/catalogue`."""


@dataclass(frozen=True)
class Fault:
    """A part of a file that breaks a rule. The row is 0, or the column empty, where the whole of it is at fault."""

    row: int
    column: str
    reason: Reason


class UnreadableFileError(ValueError):
    """The file as a whole is no list of entries."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.reason.code)
        self.fault = fault


@dataclass(frozen=True)
class GoodRow:
    """A row that the API can take, and its number: the header of a CSV file is row 1, the first of an array too."""

    row: int
    body: Body


def read_entries(path: Path) -> list[GoodRow | Fault]:
    """Return the rows of a JSON array of bodies of `POST /v1/catalogue`, or of a CSV file in UTF-8.

    A CSV file names COLUMNS in its first line. Several words are apart by `|`. A unit is `code/zh/en/factor`, or
    `code=factor` with the code of a shipped one; the base unit comes first and needs no factor. Raises
    UnreadableFileError beyond MOST_BYTES or MOST_ROWS and for a file that is neither; OSError.
    """
    if path.stat().st_size > MOST_BYTES:
        raise UnreadableFileError(Fault(0, "", reason("file_too_large", most=MOST_BYTES // 1024**2)))
    text = _decode(path.read_bytes())
    rows: list[GoodRow | Fault] = []
    seen: dict[tuple[object, object], GoodRow] = {}
    for number, body in _read_json(text) if text.lstrip().startswith(("[", "{")) else _read_csv(text):
        if len(rows) >= MOST_ROWS:
            raise UnreadableFileError(Fault(number, "", reason("too_many_rows", most=MOST_ROWS)))
        rows += _check(number, body, seen)
    return rows


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")  # spreadsheets write a byte order mark
    except UnicodeDecodeError as error:
        row = raw.count(b"\n", 0, error.start) + 1
        raise UnreadableFileError(Fault(row, "", reason("file_not_utf8"))) from None


def _check(number: int, body: Body | Fault, seen: dict[tuple[object, object], GoodRow]) -> Sequence[GoodRow | Fault]:
    if isinstance(body, Fault):
        return [body]
    try:
        AddEntry.model_validate(body)
    except ValidationError as error:
        broken = (read_broken_rule(part) for part in read_errors(error))
        return [Fault(number, rule.field, reason(rule.rule, **rule.args)) for rule in broken]
    row = GoodRow(number, body)
    first = seen.setdefault((body["kind"], body["code"]), row)
    if first is row:
        return [row]
    # The same row again changes nothing.
    return [] if first.body == body else [Fault(number, "code", reason("code_came_before", first=first.row))]


# ---- JSON ----------------------------------------------------------------------------------------------


def _read_json(text: str) -> Iterator[tuple[int, Body | Fault]]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableFileError(Fault(error.lineno, "", reason("file_not_json", place=error.colno))) from None
    except RecursionError:
        raise UnreadableFileError(Fault(0, "", reason("file_no_array"))) from None
    if not isinstance(found, list):
        raise UnreadableFileError(Fault(0, "", reason("file_no_array")))
    for number, body in enumerate(found, 1):
        yield number, body if isinstance(body, dict) else Fault(number, "", reason("row_no_object"))


# ---- CSV -----------------------------------------------------------------------------------------------


def _read_csv(text: str) -> Iterator[tuple[int, Body | Fault]]:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    header: Sequence[str] = ()
    try:
        for number, cells in enumerate(rows, 1):
            if number == 1:
                header = _check_header(cells)
            elif any(cell.strip() for cell in cells):
                yield number, _read_cells(number, header, cells)
    except csv.Error:
        raise UnreadableFileError(Fault(number + 1, "", reason("row_not_csv"))) from None
    if not number:
        raise UnreadableFileError(Fault(0, "", reason("file_empty")))


def _check_header(cells: Sequence[str]) -> Sequence[str]:
    """Return the columns. Raises UnreadableFileError for a missing, unknown or repeated one."""
    header = [cell.strip() for cell in cells]
    if len(header) == 1:
        for sign, name in _OTHER_DELIMITERS.items():
            if sign in header[0]:
                raise UnreadableFileError(Fault(1, "", reason("other_delimiter", sign=name)))
    for column in REQUIRED:
        if column not in header:
            raise UnreadableFileError(Fault(1, column, reason("column_missing")))
    for nth, column in enumerate(header):
        if column not in COLUMNS:
            raise UnreadableFileError(Fault(1, column[:64], reason("column_unknown", columns=",".join(COLUMNS))))
        if column in header[:nth]:
            raise UnreadableFileError(Fault(1, column, reason("column_repeated")))
    return header


def _read_cells(number: int, header: Sequence[str], cells: Sequence[str]) -> Body | Fault:
    if len(cells) > len(header):
        return Fault(number, "", reason("too_many_values", values=len(cells), columns=len(header)))
    row = {column: cell.strip() for column, cell in zip(header, cells, strict=False)}
    body: Body = {name: row[name] for name in (*REQUIRED, "form") if row.get(name)}
    body |= {name: words for name in ("synonyms", "equivalents") if (words := _split(row.get(name, "")))}
    units = []
    for text in _split(row.get("units", "")):
        unit = _read_unit(text)
        if unit is None:
            return Fault(number, "units", reason("unit_not_readable", unit=text[:64]))
        units.append(unit)
    return {**body, "units": units} if units else body


def _read_unit(text: str) -> Body | None:
    """Return the unit of `code/zh/en/factor` or of `code=factor`; None where it is neither."""
    if "/" not in text:
        code, _, factor = text.partition("=")
        shipped = _UNITS.get(code.strip())
        if shipped is None:
            return None
        named: Body = shipped.model_dump(include={"code", "zh", "en", "synonyms"})
        return {**named, "synonyms": list(shipped.synonyms), "factor": _read_factor(factor)}
    parts = [part.strip() for part in text.split("/")]
    if len(parts) not in (3, 4):
        return None
    factor = parts[3] if len(parts) == 4 else ""
    return {"code": parts[0], "zh": parts[1], "en": parts[2], "factor": _read_factor(factor)}


def _read_factor(text: str) -> object:
    """Return the factor, 1 for none; a text that is no number stays one, for the rule of the field to refuse."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else text or 1


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split("|") if part.strip()]
