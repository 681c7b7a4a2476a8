"""CSV (RFC 4180) in UTF-8 or GB18030, with comma, semicolon or tab between the cells.

Spreadsheets of Chinese offices write GB18030 (GB 18030-2022), others UTF-8 with a byte order mark. The encoding is
found over the whole file, so that no row is read before all can be.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Final

from shared.tables.problems import FileProblem
from shared.tables.rows import MOST_CELL, Pieces, RawRow

DELIMITERS: Final = (",", ";", "\t")
MOST_LINE: Final = 256 * 1024
"""Characters of one row, and of one line."""
BINARY: Final = {
    b"PK\x03\x04": "xlsx", b"\xd0\xcf\x11\xe0": "xls", b"%PDF": "pdf", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16",
}  # fmt: skip
"""The first bytes of other forms than CSV."""
_BLANK: Final = " \t\r\n"
_SEPARATOR: Final = "sep="
"""Excel's own first line, which names the delimiter."""


class _PieceStream(io.RawIOBase):
    """The pieces as a file that is read once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._left = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = piece
        taken = min(len(view), len(self._left))
        view[:taken], self._left = self._left[:taken], self._left[taken:]
        return taken


def open_stream(pieces: Pieces) -> io.BufferedReader:
    """Return the pieces as a binary file that is read once."""
    return io.BufferedReader(_PieceStream(pieces()), 64 * 1024)


def find_encoding(pieces: Pieces) -> str:
    """Return the encoding of the whole file: `utf-8-sig` or `gb18030`.

    Raises FileProblem for another form of file, and where neither encoding fits every byte.
    """
    head = next((piece for piece in pieces() if piece), b"")
    if (form := next((name for magic, name in BINARY.items() if head.startswith(magic)), None)) is not None:
        raise FileProblem("file_is_of_another_form", form=form, declared="csv")
    for encoding in ("utf-8-sig", "gb18030"):
        if _decodes(pieces, encoding):
            return encoding
    raise FileProblem("encoding_unknown")


def _decodes(pieces: Pieces, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for piece in pieces():
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def read_csv(pieces: Pieces, encoding: str) -> Iterator[RawRow]:
    """Yield every row but those without any text. Raises FileProblem at the row that breaks the form."""
    stream = io.TextIOWrapper(open_stream(pieces), encoding=encoding, newline="")
    lines = _Lines(stream)
    number = lines.skip("".join(DELIMITERS) + _BLANK)
    first = lines.peek()
    if first.lower().startswith(_SEPARATOR) and first[len(_SEPARATOR) :].strip("\r\n") in DELIMITERS:
        delimiter = first[len(_SEPARATOR)]
        next(lines)
        number += 1
    else:
        delimiter = _find_delimiter(first)
    csv.field_size_limit(MOST_CELL)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        number += lines.skip(delimiter + _BLANK)
        began, lines.length = lines.number, 0
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _explain(error, number + 1, lines.number - began) from None
        if cells is None:
            return
        number += 1
        yield RawRow(number, cells)


class _Lines:
    """The lines of the file, without NUL. Those of one row, whose cells hold line ends, have MOST_LINE characters."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream, self.number, self.length = stream, 0, 0
        self._first: str | None = None

    def peek(self) -> str:
        """Return the first line without taking it."""
        if self._first is None:
            self._first = self._read()
        return self._first

    def skip(self, blank: str) -> int:
        """Pass over the next lines of nothing but these characters; return how many.

        A file may have millions. Only between two rows: within a cell such lines are a part of it.
        """
        began, line, read = self.number, self.peek(), self._stream.readline
        while line and not line.strip(blank) and len(line) <= MOST_LINE:
            self.number += 1
            line = read(MOST_LINE + 1)
        self._first = self._check(line)
        return self.number - began

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line, self._first = self._read() if self._first is None else self._first, None
        if not line:
            raise StopIteration
        self.number += 1
        self.length += len(line)
        if self.length > MOST_LINE:
            raise FileProblem("line_too_long", line=self.number, limit=MOST_LINE)
        return line

    def _read(self) -> str:
        return self._check(self._stream.readline(MOST_LINE + 1))

    def _check(self, line: str) -> str:
        if len(line) > MOST_LINE:
            raise FileProblem("line_too_long", line=self.number + 1, limit=MOST_LINE)
        if "\0" in line:
            raise FileProblem("nul_in_file", line=self.number + 1)
        return line


def _find_delimiter(header: str) -> str:
    """Return the delimiter that comes most often outside quotes in the header."""
    outside = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _explain(error: csv.Error, row: int, lines: int) -> FileProblem:
    """Return the problem of a row that the reader refuses; the words of its error have no other form."""
    words = str(error)
    if "unexpected end" in words or ("field larger" in words and lines > 1):
        return FileProblem("quote_not_closed", row=row)
    if "field larger" in words:
        return FileProblem("cell_too_long", row=row, limit=MOST_CELL)
    return FileProblem("quote_misplaced", row=row)
