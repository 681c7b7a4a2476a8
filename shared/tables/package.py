"""The package of a workbook (ECMA-376, part 2): a ZIP file whose parts are unpacked within bounds."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

from shared.tables.problems import FileProblem
from shared.tables.rows import Pieces

MOST_UNPACKED: Final = 128 * 1024 * 1024
"""Bytes of all parts together, unpacked."""
MOST_PARTS: Final = 2_000
PIECE: Final = 64 * 1024
_ZIP: Final = b"PK\x03\x04"
_COMPOUND: Final = b"\xd0\xcf\x11\xe0"
"""The beginning of workbooks of Excel 97, and of those with a password."""
_ENCRYPTED: Final = 0x1
_WORKBOOK: Final = "xl/workbook.xml"


class Package:
    """The parts of a workbook, by name."""

    def __init__(self, pieces: Pieces) -> None:
        """Read the directory of the package. Raises FileProblem for another form, a damaged file, or too much in it."""
        content = b"".join(pieces())
        if content.startswith(_COMPOUND):
            raise FileProblem("file_is_of_another_form", form="xls", declared="xlsx")
        if not content.startswith(_ZIP):
            raise FileProblem("file_is_of_another_form", form="csv", declared="xlsx")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, EOFError):
            raise FileProblem("workbook_damaged") from None
        parts = self._zip.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise FileProblem("workbook_too_large", limit=MOST_UNPACKED)
        if any(part.flag_bits & _ENCRYPTED for part in parts):
            raise FileProblem("workbook_encrypted")
        self.names: Final = frozenset(part.filename for part in parts)
        if _WORKBOOK not in self.names:
            raise FileProblem("file_is_of_another_form", form="zip", declared="xlsx")

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a part; none of one that is not there.

        No more than the directory has declared: a part that holds more fails at its check sum. Raises FileProblem.
        """
        if name not in self.names:
            return
        try:
            with self._zip.open(name) as part:
                while piece := part.read(PIECE):
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            raise FileProblem("workbook_damaged") from None
