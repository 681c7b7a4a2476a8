"""A file of any form as its header and its rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.contracts.jobs import MOST_ROWS, FileFormat
from shared.tables.csv_file import find_encoding, read_csv
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
    form: FileFormat, pieces: Pieces, columns: Sequence[Column], sheet: str | None = None, ignored: Sequence[str] = ()
) -> Table:
    """Return the file as a table; columns of `ignored` headers are not read.

    Raises FileProblem for another form than the declared one, and for its header.
    """
    rows = _read(form, pieces, sheet)
    for row in rows:
        if not row.is_empty:
            return Table(read_header(row, columns, ignored), _data(rows))
    raise FileProblem("file_without_rows")


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
