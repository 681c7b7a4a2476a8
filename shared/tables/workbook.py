"""A workbook of a spreadsheet (ECMA-376, SpreadsheetML): its sheets, its texts, its formats, its system of dates.

Read here and not by a library. python-calamine 0.9.1 takes 1.6 s and 223 MiB for 200,000 rows of 12 columns, this one
10.7 s and 50 MiB. But it lays out a whole sheet: a file of 2 KiB with a cell at XFD100000 ends the process. It shows
the error of a formula as an empty cell, moves a table that does not begin at A1, and takes documents with entities.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from shared.tables.package import Package
from shared.tables.problems import FileProblem
from shared.tables.rows import Pieces, RawRow
from shared.tables.sheet import Formats, find_merged_rows, has_cells, read_sheet
from shared.tables.xml_parts import read_whole

MOST_TEXTS: Final = 1_000_000
MOST_CHARACTERS: Final = 32 * 1024 * 1024
"""Characters of all texts of a workbook."""
MOST_SHEETS: Final = 255
BUILT_IN_DATES: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""The numbers of the formats of days and times that files do not spell out (ECMA-376, part 1, 18.8.30)."""
_LITERAL: Final = re.compile(r'"[^"]*"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|_.|\*.', re.IGNORECASE)
_PARTS_OF_SECOND: Final = re.compile(r"(?<=s)\.0+", re.IGNORECASE)
_OF_TIME: Final = re.compile(r"[ymdhs]", re.IGNORECASE)
_ESCAPE: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass
class _Sheets:
    """The sheets of `xl/workbook.xml`, in their order."""

    found: list[Mapping[str, str]] = field(default_factory=list)
    of_1904: bool = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheet":
            if len(self.found) >= MOST_SHEETS:
                raise FileProblem("workbook_too_large", limit=MOST_SHEETS)
            self.found.append(attributes)
        elif name == "workbookPr":
            self.of_1904 = attributes.get("date1904") in {"1", "true"}

    def text(self, data: str) -> None:
        """Hold nothing."""

    def end(self, name: str) -> None:
        """Hold nothing."""


@dataclass
class _Relations(_Sheets):
    """The targets of `xl/_rels/workbook.xml.rels`, by id."""

    targets: dict[str, str] = field(default_factory=dict)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            self.targets[attributes.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"


@dataclass
class _Styles(_Sheets):
    """The formats of `xl/styles.xml`: whether each is one of days or times."""

    own: dict[int, bool] = field(default_factory=dict)
    dates: list[bool] = field(default_factory=list)
    within: bool = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "numFmt":
            code = _PARTS_OF_SECOND.sub("", _LITERAL.sub("", attributes.get("formatCode", "")))
            self.own[_number(attributes.get("numFmtId"))] = bool(_OF_TIME.search(code)) and "0" not in code
        elif name == "cellXfs":
            self.within = True
        elif name == "xf" and self.within:
            number = _number(attributes.get("numFmtId"))
            self.dates.append(self.own.get(number, number in BUILT_IN_DATES))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self.within = False


@dataclass
class _Texts(_Sheets):
    """The shared texts of `xl/sharedStrings.xml`; readings of characters are no part of them."""

    texts: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    size: int = 0
    within: str = ""
    reading: bool = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:  # noqa: ARG002
        if name == "rPh":
            self.reading = True
        self.within = name

    def text(self, data: str) -> None:
        if self.within == "t" and not self.reading:
            self.parts.append(data)
            self.size += len(data)
            if self.size > MOST_CHARACTERS:
                raise FileProblem("workbook_too_large", limit=MOST_CHARACTERS)

    def end(self, name: str) -> None:
        self.within = ""
        if name == "rPh":
            self.reading = False
        elif name == "si":
            text = unescape("".join(self.parts))
            self.parts.clear()
            if len(self.texts) >= MOST_TEXTS:
                raise FileProblem("workbook_too_large", limit=MOST_TEXTS)
            self.texts.append(text)


def read_workbook(pieces: Pieces, sheet: str | None) -> Iterator[RawRow]:
    """Yield the rows of the sheet of that name, else of the one visible sheet that holds anything.

    Raises FileProblem for another form, a damaged file, and a sheet that is not there, hidden, or one of several.
    """
    package = Package(pieces)
    sheets, relations, styles, texts = _Sheets(), _Relations(), _Styles(), _Texts()
    read_whole(package.read("xl/workbook.xml"), sheets)
    read_whole(package.read("xl/_rels/workbook.xml.rels"), relations)
    if "xl/styles.xml" in package.names:
        read_whole(package.read("xl/styles.xml"), styles)
    if "xl/sharedStrings.xml" in package.names:
        read_whole(package.read("xl/sharedStrings.xml"), texts)
    name, part = _choose(package, sheets, relations, sheet)
    formats = Formats(texts.texts, styles.dates, of_1904=sheets.of_1904)
    merged = find_merged_rows(package.read(part))
    return read_sheet(package.read(part), name, formats, merged)


def _choose(package: Package, sheets: _Sheets, relations: _Relations, wanted: str | None) -> tuple[str, str]:
    """Return the name and the part of the sheet to read."""
    parts = {one.get("name", ""): relations.targets.get(one.get("id", ""), "") for one in sheets.found}
    hidden = {one.get("name", "") for one in sheets.found if one.get("state", "visible") != "visible"}
    known = {name: part for name, part in parts.items() if part in package.names and "/worksheets/" in part}
    if wanted is not None:
        if wanted not in known:
            raise FileProblem("sheet_unknown")
        if wanted in hidden:
            raise FileProblem("sheet_hidden")
        return wanted, known[wanted]
    shown = [(name, part) for name, part in known.items() if name not in hidden]
    # Each part once: many sheets may name one part, and would have it read as often.
    hold = {part: len(shown) == 1 or has_cells(package.read(part)) for part in dict.fromkeys(part for _, part in shown)}
    filled = [(name, part) for name, part in shown if hold[part]]
    if len(filled) > 1:
        raise FileProblem("sheet_not_named", count=len(filled))
    if not filled:
        raise FileProblem("file_without_rows")
    return filled[0]


def unescape(text: str) -> str:
    """Return a text with its escaped characters, `_x000D_` as a line end."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() else 0
