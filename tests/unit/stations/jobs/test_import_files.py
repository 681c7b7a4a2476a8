"""Files as offices send them, good and bad: each with the rows taken in, and the rule of each that is not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import pytest
from books import DAY, MAIN, TEXT, Formula, Number, Sheet, workbook
from worker_in_memory import DISTRICT, WorkerInMemory

from shared.tables.table import find_form

ONE, TWO = f"{DISTRICT}001", f"{DISTRICT}002"
ROWS: Final = [["区划代码", "名称"], [ONE, "一街道"], [TWO, "二街道"]]
PLAIN: Final = "\n".join(",".join(row) for row in ROWS)
BIG: Final = 140 * 1024 * 1024


@dataclass(frozen=True)
class File:
    """A file with its form; the areas that it brings; the problem of the whole, or those of its rows by number."""

    make: Callable[[], bytes]
    form: str = "csv"
    taken: int = 2
    problem: str = ""
    rows: dict[int, str] = field(default_factory=dict)
    sheet: str | None = None


def text(content: str, coding: str = "utf-8") -> Callable[[], bytes]:
    return lambda: content.encode(coding)


def book(*sheets: Sheet, **more: object) -> Callable[[], bytes]:
    return lambda: workbook(*sheets, **more)  # type: ignore[arg-type]


def with_third(code: object, name: object = "三街道") -> Callable[[], bytes]:
    return book(Sheet([*ROWS, [code, name]]))


def rows_of(*rows: Sequence[str]) -> str:
    """The elements of rows of texts."""
    cell = '<c t="inlineStr"><is><t>{}</t></is></c>'
    return "".join(f"<row>{''.join(map(cell.format, row))}</row>" for row in rows)


def raw(rows: str, after: str = "") -> Callable[[], bytes]:
    """A workbook whose sheet has these elements."""
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'
    return book(Sheet([]), **{"xl/worksheets/sheet1.xml": sheet.encode()})


def csv_third(row: str) -> Callable[[], bytes]:
    return text(f"{PLAIN}\n{row}\n")


def json_second(rest: str) -> Callable[[], bytes]:
    """A list of a good object, and one with the rest."""
    return text(f'[{{"code":"{ONE}","name":"一"}},{{"code":"{TWO}",{rest}}}]')


def cut(make: Callable[[], bytes], at: int) -> Callable[[], bytes]:
    return lambda: make()[:at]


BAD_SHEET: Final = {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row r='1'>"}
BOMB: Final = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'

FILES: Final[dict[str, File]] = {
    "csv in utf-8": File(text(PLAIN)),
    "csv with a byte order mark": File(text(PLAIN, "utf-8-sig")),
    "csv in gb18030": File(text(PLAIN, "gb18030")),
    "csv with semicolons": File(text(PLAIN.replace(",", ";"))),
    "csv with tabs": File(text(PLAIN.replace(",", "\t"))),
    "csv with a line that names the delimiter": File(text("sep=;\r\n" + PLAIN.replace(",", ";"))),
    "csv with empty rows": File(text(PLAIN.replace("\n", "\n,\n\n"))),
    "csv with cells in quotes and a line end within": File(
        text(f'区划代码,名称\n"{ONE}","一\n街道"\n{TWO},二'), rows={2: "no_hidden_characters"}, taken=1
    ),
    "csv with full-width digits": File(text(PLAIN.translate({48 + n: 0xFF10 + n for n in range(10)}))),
    "csv with english headers": File(text(PLAIN.replace("区划代码,名称", "Area_Code,area name"))),
    "csv with headers that mark a duty": File(text(PLAIN.replace("区划代码,名称", "*区划代码（必填）,名称："))),
    "csv with an office's own columns": File(text(f"序号,区划代码,名称,备注\n1,{ONE},一,=1+1\n2,{TWO},二,")),
    "csv with a bad code": File(csv_third("11019,短"), rows={4: "not_an_area_code"}),
    "csv with an empty needed cell": File(csv_third(f"{DISTRICT}003,"), rows={4: "cell_missing"}),
    "csv with a row beyond the header": File(csv_third(f"{DISTRICT}003,三,多"), rows={4: "row_too_wide"}),
    "csv with a code in scientific form": File(csv_third("1.10102E+11,三"), rows={4: "digits_lost"}),
    "csv with a row twice": File(csv_third("１１０１０２００２,别名"), rows={4: "row_twice"}),
    "csv with an area elsewhere": File(csv_third("110105,朝阳区"), rows={4: "row_elsewhere"}),
    "csv with a failed formula": File(csv_third(f"{DISTRICT}003,#N/A"), rows={4: "formula_failed"}),
    "csv with a telephone as a name": File(csv_third(f"{DISTRICT}003,13800138000"), rows={4: "no_personal_number"}),
    "csv with an unclosed quote": File(csv_third(f'{DISTRICT}003,"三'), problem="quote_not_closed"),
    "csv with a quote within a cell": File(csv_third(f'"{DISTRICT}003"x,三'), problem="quote_misplaced"),
    "csv with a NUL": File(csv_third(f"{DISTRICT}003,三\0"), problem="nul_in_file"),
    "csv with a cell too long": File(csv_third(f"{DISTRICT}003,{'长' * 40_000}"), problem="cell_too_long"),
    "csv with an exponent that overflows": File(csv_third("1E+9999999,三"), rows={4: "digits_lost"}),
    "csv in gb18030 with characters of four bytes": File(text(PLAIN.replace("一街道", "𠮷㐂街道"), "gb18030")),
    "csv with the line ends of an old Mac": File(text(PLAIN.replace("\n", "\r"))),
    "csv with headers in full width": File(text(PLAIN.replace("区划代码,名称", "　区划代码　,ＡＲＥＡ　ＮＡＭＥ"))),
    "csv with a row without an end": File(text("区划代码,名称\n" + '"x\n",' * 60_000), problem="line_too_long"),
    "csv with a million columns": File(csv_third("," * 1_000_000), problem="line_too_long"),
    "csv in no known encoding": File(lambda: PLAIN.encode() + b"\xff\xff", problem="encoding_unknown"),
    "csv in utf-16": File(text(PLAIN, "utf-16"), problem="file_is_of_another_form"),
    "csv with a header twice": File(text(PLAIN.replace("名称", "名称,area name")), problem="column_twice"),
    "csv with an unknown header": File(text(PLAIN.replace("名称", "名称,联系人")), problem="header_unknown"),
    "csv without a needed column": File(text(PLAIN.replace("名称", "备注")), problem="header_missing"),
    "csv without a header": File(text(f"{ONE},一\n{TWO},二"), problem="header_unknown"),
    "csv with too many columns": File(text("区划代码,名称" + ",备注" * 300), problem="too_many_columns"),
    "csv with a header alone": File(text("区划代码,名称"), problem="file_without_rows"),
    "a workbook named csv": File(book(Sheet(ROWS)), problem="file_is_of_another_form"),
    "xlsx": File(book(Sheet(ROWS)), "xlsx"),
    "xlsx with codes as numbers": File(book(Sheet([ROWS[0], [int(ONE), "一"], [float(TWO), "二"]])), "xlsx"),
    "xlsx of 1904 with codes as numbers": File(
        book(Sheet([ROWS[0], [int(ONE), "一"], [int(TWO), "二"]]), of_1904=True), "xlsx"
    ),
    "xlsx with rows and a column left out": File(
        book(Sheet([None, [None, *ROWS[0]], None, [None, ONE, "一"], [None, TWO, "二"]])),
        "xlsx",
        problem="header_cell_empty",
    ),
    "xlsx with empty rows above": File(book(Sheet([None, None, *ROWS])), "xlsx"),
    "xlsx with a hidden sheet": File(book(Sheet([["x"]], "计算", "hidden"), Sheet(ROWS, "名册")), "xlsx"),
    "xlsx with an empty second sheet": File(book(Sheet(ROWS), Sheet([], "Sheet2")), "xlsx"),
    "xlsx with computed names": File(
        book(Sheet([ROWS[0], [ONE, Formula("一", "str")], [TWO, Formula("二", "str")]])), "xlsx"
    ),
    "xlsx with a failed formula": File(
        with_third(f"{DISTRICT}003", Formula("#DIV/0!", "e")), "xlsx", rows={4: "formula_failed"}
    ),
    "xlsx with a formula without a value": File(
        with_third(f"{DISTRICT}003", Formula(None)), "xlsx", rows={4: "formula_failed"}
    ),
    "xlsx with an identity number as a number": File(
        with_third(Number("1.1010519491231E+17")), "xlsx", rows={4: "digits_lost"}
    ),
    "xlsx with an exact number too long": File(
        with_third(Number("110105194912310021", TEXT)), "xlsx", rows={4: "digits_lost"}
    ),
    "xlsx with a day as a code": File(with_third(Number("46083", DAY)), "xlsx", rows={4: "not_an_area_code"}),
    "xlsx with the day that never was": File(with_third(Number("60", DAY)), "xlsx", rows={4: "formula_failed"}),
    "xlsx with a day before the calendar": File(with_third(Number("-1", DAY)), "xlsx", rows={4: "formula_failed"}),
    "xlsx with a day rounded beyond the calendar": File(
        with_third(Number("2958465.9999999", DAY)), "xlsx", rows={4: "formula_failed"}
    ),
    "xlsx of 1904 with a day beyond the calendar": File(
        book(Sheet([*ROWS, [f"{DISTRICT}003", Number("2958000", DAY)]]), of_1904=True),
        "xlsx",
        rows={4: "formula_failed"},
    ),
    "xlsx with a merge of no row": File(book(Sheet(ROWS, merged=[f"A{'9' * 5_000}:B1"])), "xlsx"),
    "xlsx with rows merged in other quotes": File(
        raw(rows_of(*ROWS), "<mergeCells><mergeCell ref='A2:A3'/></mergeCells>"),
        "xlsx",
        taken=0,
        rows={2: "cells_merged", 3: "cells_merged"},
    ),
    "xlsx with a row beyond the last": File(
        raw('<row r="99999999"><c t="inlineStr"><is><t>x</t></is></c></row>'), "xlsx", problem="workbook_damaged"
    ),
    "xlsx with a text of two million characters": File(
        raw(f'<row><c t="inlineStr"><is><t>{"长" * 2_000_000}</t></is></c></row>'), "xlsx", problem="cell_too_long"
    ),
    "xlsx with a tag of two million characters": File(
        raw(f'<row><c x="{"1" * 2_000_000}"><v>1</v></c></row>'), "xlsx", problem="workbook_damaged"
    ),
    "xlsx with a row of 20,000 empty cells": File(raw(f"{rows_of(*ROWS)}<row>{'<c/>' * 20_000}</row>"), "xlsx"),
    "xlsx with a cell in the last column": File(
        raw('<row r="1"><c r="XFD1"><v>1</v></c></row>'), "xlsx", problem="too_many_columns"
    ),
    "xlsx with yes as a code": File(with_third(True), "xlsx", rows={4: "not_an_area_code"}),
    "xlsx with merged rows": File(
        book(Sheet([*ROWS, [f"{DISTRICT}003", "三"], [f"{DISTRICT}004", "四"]], merged=["A4:A5"])),
        "xlsx",
        rows={4: "cells_merged", 5: "cells_merged"},
    ),
    "xlsx with a merged title": File(
        book(Sheet([["2026年区划表"], *ROWS], merged=["A1:B1"])), "xlsx", problem="header_merged"
    ),
    "xlsx with two sheets of rows": File(book(Sheet(ROWS), Sheet(ROWS, "Sheet2")), "xlsx", problem="sheet_not_named"),
    "xlsx with a sheet named": File(book(Sheet([["x"]]), Sheet(ROWS, "名册")), "xlsx", sheet="名册"),
    "xlsx with a sheet that is not there": File(book(Sheet(ROWS)), "xlsx", sheet="名册", problem="sheet_unknown"),
    "xlsx with a named sheet that is hidden": File(
        book(Sheet(ROWS, "名册", "veryHidden"), Sheet([["x"]])), "xlsx", sheet="名册", problem="sheet_hidden"
    ),
    "xlsx that is cut off": File(cut(book(Sheet(ROWS)), 400), "xlsx", problem="workbook_damaged"),
    "xlsx with broken xml": File(book(Sheet(ROWS), **BAD_SHEET), "xlsx", problem="workbook_damaged"),
    "xlsx with entities": File(book(Sheet(ROWS), doctype=BOMB), "xlsx", problem="workbook_damaged"),
    "xlsx that unpacks to gigabytes": File(
        book(Sheet(ROWS), **{"xl/media/a.bin": bytes(BIG)}), "xlsx", problem="workbook_too_large"
    ),
    "a zip file that is no workbook": File(book(**{"a.txt": b"a"}), "xlsx", problem="file_without_rows"),
    "a csv named xlsx": File(text(PLAIN), "xlsx", problem="file_is_of_another_form"),
    "a workbook of Excel 97, or with a password": File(
        lambda: b"\xd0\xcf\x11\xe0" + bytes(600), "xlsx", problem="file_is_of_another_form"
    ),
    "json of the public register": File(
        text(f'[{{"code":"{ONE}","name":"一","cityCode":"1101"}},{{"code":{TWO},"name":"二"}}]'), "json"
    ),
    "json with a nested value": File(
        text(f'[{{"code":"{ONE}","name":"一"}},{{"code":"{TWO}","name":["二"]}}]'),
        "json",
        taken=1,
        rows={2: "formula_failed"},
    ),
    "json with a further key later": File(
        text(f'[{{"code":"{ONE}","name":"一"}},{{"code":"{TWO}","name":"二","x":1}}]'),
        "json",
        taken=1,
        rows={2: "row_too_wide"},
    ),
    "json in many pieces": File(
        lambda: (
            (
                "["
                + ",\n".join(f'{{"code":"{DISTRICT}{n:03d}","name":"街道","x":"{"y" * 900}"}}' for n in range(1, 400))
                + "]"
            )
            .encode()
            .replace(b'"x"', b'"level"')
        ),
        "json",
        taken=399,
    ),
    "json that is cut off": File(
        text(f'[{{"code":"{ONE}","name":"一"}},{{"code"'), "json", problem="json_item_not_read"
    ),
    "json that is no list": File(text('{"code":"1"}'), "json", problem="json_not_a_list"),
    "json of plain values": File(text("[1,2]"), "json", problem="json_item_not_read"),
    "json nested without an end": File(text("[" * 100_000), "json", problem="json_item_not_read"),
    "json in gb18030": File(text('[{"code":"街道"}]', "gb18030"), "json", problem="json_not_utf8"),
    "json with a byte order mark": File(text(f'[{{"code":"{ONE}","name":"一"}}]', "utf-8-sig"), "json", taken=1),
    "json with a key twice": File(json_second('"name":"二","name":"三"'), "json", problem="json_key_twice"),
    "json with a second list after the first": File(
        text(f'[{{"code":"{ONE}","name":"一"}}][{{"code":"{TWO}","name":"二"}}]'), "json", problem="json_item_not_read"
    ),
    "json with half a surrogate pair": File(
        json_second(r'"name":"\ud83d街道"'), "json", taken=1, rows={2: "string_unicode"}
    ),
    "json with NaN": File(json_second('"name":NaN'), "json", problem="json_item_not_read"),
    "json with a number of 5,000 digits": File(
        json_second(f'"name":{"1" * 5_000}'), "json", problem="json_item_not_read"
    ),
    "json with a number of a thousand million digits": File(
        text(f'[{{"code":"{ONE}","name":"一"}},{{"code":1E+999999999,"name":"二"}}]'),
        "json",
        taken=1,
        rows={2: "digits_lost"},
    ),
    "json with an object too large": File(
        json_second(f'"name":[{"1," * 70_000}1]'), "json", problem="json_item_not_read"
    ),
    "json with a text without an end": File(
        json_second('"name":"' + "长" * 300_000), "json", problem="json_item_not_read"
    ),
    "json of an empty list": File(text(" [ ] "), "json", problem="file_without_rows"),
}


def test_there_are_files_enough() -> None:
    assert len(FILES) >= 60


@pytest.mark.parametrize("name", FILES)
def test_a_file_takes_in_its_good_rows_and_names_the_rule_of_each_bad_one(name: str) -> None:
    file, worker = FILES[name], WorkerInMemory(most=2)
    before = len(worker.engine.entities)
    job = worker.begin(file.make(), format=file.form, sheet=file.sheet)
    begun = len(worker.engine.entities) - before
    done = worker.run(job)
    if file.problem:
        assert done.problem is not None, worker.errors(job)
        assert (done.state, done.problem.code, done.done) == ("failed", file.problem, 0)
        assert len(worker.engine.entities) - before == begun, "nothing is half done"
        return
    assert done.state == "done", done.problem
    assert {error.row: error.problem.code for error in worker.errors(job)} == file.rows
    assert (done.taken, done.bad) == (file.taken, len(file.rows))


def test_the_form_of_every_sound_file_is_told_by_its_first_bytes() -> None:
    sound = {name: file for name, file in FILES.items() if file.problem is None}
    assert {name: find_form(lambda file=file: iter([b"", file.make()])) for name, file in sound.items()} == {  # type: ignore[misc]
        name: file.form for name, file in sound.items()
    }
