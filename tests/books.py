"""Workbooks as spreadsheets write them, made of rows of values: for tests of imports."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape, quoteattr

MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
DAY, CHINESE_DAY, TEXT = 1, 2, 3
"""Formats of cells: of a day by number, by its own code, and of text."""
FORMATS: Final = (0, 14, 164, 49)


@dataclass(frozen=True)
class Formula:
    """A cell that is computed; `value` is the one that was stored, of that kind: `e` an error, `str` a text."""

    value: str | None
    kind: str = "n"


@dataclass(frozen=True)
class Number:
    """A number as it is written, with a format."""

    text: str
    style: int = 0


@dataclass
class Sheet:
    """A sheet with its rows from the first one on; None leaves a row out."""

    rows: Sequence[Sequence[object] | None]
    name: str = "Sheet1"
    state: str = "visible"
    merged: Sequence[str] = field(default=())


def workbook(*sheets: Sheet, of_1904: bool = False, doctype: str = "", **parts: bytes) -> bytes:
    """Return the bytes of a workbook. `doctype` stands before each sheet, `parts` are further parts."""
    texts: dict[str, int] = {}
    files: dict[str, str | bytes] = {}
    for number, sheet in enumerate(sheets, 1):
        files[f"xl/worksheets/sheet{number}.xml"] = _sheet(sheet, texts, doctype)
    files["xl/sharedStrings.xml"] = _element("sst", "".join(f"<si><t>{escape(text)}</t></si>" for text in texts))
    files["xl/styles.xml"] = _styles()
    files["xl/workbook.xml"] = _book(sheets, of_1904=of_1904)
    files["xl/_rels/workbook.xml.rels"] = _relations(len(sheets))
    files["[Content_Types].xml"] = "<Types/>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in {**files, **parts}.items():
            package.writestr(name, content)
    return buffer.getvalue()


def _element(name: str, content: str) -> str:
    return f'<{name} xmlns="{MAIN}" xmlns:r="{LINKS}">{content}</{name}>'


def _book(sheets: Sequence[Sheet], *, of_1904: bool) -> str:
    listed = "".join(
        f'<sheet name={quoteattr(sheet.name)} sheetId="{n}" state="{sheet.state}" r:id="rId{n}"/>'
        for n, sheet in enumerate(sheets, 1)
    )
    dates = '<workbookPr date1904="1"/>' if of_1904 else ""
    return _element("workbook", f"{dates}<sheets>{listed}</sheets>")


def _relations(number: int) -> str:
    linked = "".join(
        f'<Relationship Id="rId{n}" Type="{LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, number + 1)
    )
    return f'<Relationships xmlns="{PACKAGE}">{linked}</Relationships>'


def _styles() -> str:
    own = '<numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"/></numFmts>'
    used = "".join(f'<xf numFmtId="{number}"/>' for number in FORMATS)
    return _element("styleSheet", f"{own}<cellXfs>{used}</cellXfs>")


def _sheet(sheet: Sheet, texts: dict[str, int], doctype: str) -> str:
    rows = []
    for number, row in enumerate(sheet.rows, 1):
        if row is None:
            continue
        cells = "".join(_cell(f"{chr(65 + place)}{number}", value, texts) for place, value in enumerate(row))
        rows.append(f'<row r="{number}">{cells}</row>')
    merged = "".join(f'<mergeCell ref="{each}"/>' for each in sheet.merged)
    merged = f"<mergeCells>{merged}</mergeCells>" if merged else ""
    return doctype + _element("worksheet", f"<sheetData>{''.join(rows)}</sheetData>{merged}")


def _cell(place: str, value: object, texts: dict[str, int]) -> str:
    if value is None:
        return ""
    if isinstance(value, Formula):
        stored = "" if value.value is None else f"<v>{escape(value.value)}</v>"
        return f'<c r="{place}" t="{value.kind}"><f>1/0</f>{stored}</c>'
    if isinstance(value, Number):
        return f'<c r="{place}" s="{value.style}"><v>{value.text}</v></c>'
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    return f'<c r="{place}" t="s"><v>{texts.setdefault(str(value), len(texts))}</v></c>'
