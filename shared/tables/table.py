"""A file of any form as its header and its rows."""

from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.contracts.jobs import MOST_ROWS, FileFormat
from shared.tables.csv_file import BINARY, find_encoding, read_csv
from shared.tables.headers import Column, Header, read_header
from shared.tables.json_file import read_json
from shared.tables.problems import FileProblem
from shared.tables.rows import Pieces, RawRow
from shared.tables.workbook import read_workbook


@dataclass(frozen=True)
class Table:
    """The header of a file, and its rows that are not empty, each once. Taking a row may raise FileProblem."""

    header: Header
    rows: Iterator[RawRow]


def open_table(
    form: FileFormat | None,
    pieces: Pieces,
    columns: Sequence[Column],
    sheet: str | None = None,
    ignored: Sequence[str] = (),
) -> Table:
    """Return the file as a table, in the form of its first bytes where none is declared.

    Columns of `ignored` headers are not read.

    Raises FileProblem for another form than the declared one, and for its header.
    """
    rows = _read(form or find_form(pieces), pieces, sheet)
    for row in rows:
        if not row.is_empty:
            return Table(read_header(row, columns, ignored), _data(rows))
    raise FileProblem("file_without_rows")


def find_form(pieces: Pieces) -> FileFormat:
    """Return the form by the first bytes; `csv` for those of no other form that is read.

    A workbook of Excel 97 counts as `xlsx`: it is that form that its reader names as the remedy.
    """
    head = next((piece for piece in pieces() if piece.strip()), b"")
    if BINARY.get(head[:4]) in ("xlsx", "xls"):
        return "xlsx"
    return "json" if head.removeprefix(BOM_UTF8).lstrip()[:1] in (b"[", b"{") else "csv"


def _read(form: FileFormat, pieces: Pieces, sheet: str | None) -> Iterator[RawRow]:
    if form == "xlsx":
        return read_workbook(pieces, sheet)
    if sheet is not None:
        raise FileProblem("sheet_of_no_workbook")
    if form == "json":
        return read_json(pieces)
    return read_csv(pieces, find_encoding(pieces))


def _data(rows: Iterator[RawRow]) -> Iterator[RawRow]:
    count = 0
    for row in rows:
        if row.is_empty:
            continue
        count += 1
        if count > MOST_ROWS:
            raise FileProblem("too_many_rows_in_file", limit=MOST_ROWS)
        yield row
    if not count:
        raise FileProblem("file_without_rows")
