"""A city's file of entries becomes calls of the API, one a row; each fault is named by row, column and rule."""

import json
from pathlib import Path

import pytest

from deploy.lianshan.catalogue import entry_file
from deploy.lianshan.catalogue.entry_file import Fault, GoodRow, UnreadableFileError, read_entries
from deploy.lianshan.catalogue.upload import order_by_equivalents, word_fault
from shared.contracts.reasons import reason
from shared.contracts.stations.catalogue import AddEntry
from shared.words import Wording

HEADER = "kind,code,zh,en,synonyms,form,units,equivalents\n"
SHIELD = "item,face_shield,面罩,face shield,防护面罩|visor,goods,piece/件/piece|pack_25/25件包/pack of 25/25,mask\n"
PETS = "theme,pets,宠物服务,pets,,,,\n"


def write(folder: Path, text: str | bytes) -> Path:
    file = folder / "entries.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def read(folder: Path, text: str | bytes) -> list[tuple[int, str, str]]:
    """Return the faults of the file: row, column, rule."""
    try:
        rows = read_entries(write(folder, text))
    except UnreadableFileError as error:
        rows = [error.fault]
    return [(row.row, row.column, row.reason.code) for row in rows if isinstance(row, Fault)]


def test_a_csv_file_holds_bodies_that_the_api_takes(tmp_path: Path) -> None:
    rows = read_entries(write(tmp_path, HEADER + SHIELD + PETS))
    item, theme = (AddEntry.model_validate(row.body) for row in rows if isinstance(row, GoodRow))
    assert (item.units[1].factor, item.equivalents, item.synonyms) == (25, ("mask",), ("防护面罩", "visor"))
    assert (theme.kind, theme.code, theme.units) == ("theme", "pets", ())
    assert [row.row for row in rows] == [2, 3]


def test_a_shipped_unit_is_named_by_its_code(tmp_path: Path) -> None:
    text = HEADER + "item,oats,燕麦,oats,,goods,gram|kilogram=1000|sack_10/10公斤袋/sack of 10 kg/10000,\n"
    (row,) = read_entries(write(tmp_path, text))
    assert isinstance(row, GoodRow)
    entry = AddEntry.model_validate(row.body)
    assert [(unit.code, unit.zh, unit.factor) for unit in entry.units] == [
        ("gram", "克", 1), ("kilogram", "千克", 1000), ("sack_10", "10公斤袋", 10_000),
    ]  # fmt: skip


def test_a_json_file_is_taken_as_it_is(tmp_path: Path) -> None:
    body = {"kind": "theme", "code": "pets", "zh": "宠物服务", "en": "pets"}
    assert read_entries(write(tmp_path, json.dumps([body]))) == [GoodRow(1, body)]


def test_a_byte_order_mark_and_windows_line_ends_are_taken(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf" + (HEADER + SHIELD + PETS).replace("\n", "\r\n").encode()
    assert read(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ((HEADER + PETS).encode("gb18030"), (2, "", "file_not_utf8")),
        ((HEADER + PETS).encode("utf-16"), (1, "", "file_not_utf8")),
        ("", (0, "", "file_empty")),
        (HEADER.replace(",", ";") + PETS.replace(",", ";"), (1, "", "other_delimiter")),
        (HEADER.replace(",", "\t"), (1, "", "other_delimiter")),
        ("kind,code,zh\ntheme,pets,宠物服务\n", (1, "en", "column_missing")),
        (HEADER.replace("form", "colour"), (1, "colour", "column_unknown")),
        (HEADER.replace("form", "zh"), (1, "zh", "column_repeated")),
        (HEADER + PETS.strip() + ",more\n", (2, "", "too_many_values")),
        (HEADER + PETS + '"theme,open\n', (3, "", "row_not_csv")),
        (HEADER + PETS + "theme,cats,猫,,,,,\n", (3, "en", "missing")),
        (HEADER + "colour,red,红,red,,,,\n", (2, "kind", "literal_error")),
        (HEADER + "theme,Red Wine,红,red,,,,\n", (2, "code", "not_snake_case")),
        (HEADER + "theme,zhang,张三家 13912345678,zhang,,,,\n", (2, "zh", "no_personal_number")),
        (HEADER + "theme,zhang,张\u200b三,zhang,,,,\n", (2, "zh", "no_hidden_characters")),
        (HEADER + SHIELD.replace("piece/件/piece|", "furlong|"), (2, "units", "unit_not_readable")),
        (HEADER + SHIELD.replace("/25,", "/0,"), (2, "units.1.factor", "greater_than_equal")),
        (HEADER + SHIELD.replace("/25,", "/1000000001,"), (2, "units.1.factor", "less_than_equal")),
        (HEADER + SHIELD.replace("/25,", "/many,"), (2, "units.1.factor", "int_type")),
        (HEADER + SHIELD + SHIELD.replace("/25,", "/50,"), (3, "code", "code_came_before")),
        ("[{", (1, "", "file_not_json")),
        ('{"kind": "theme"}', (0, "", "file_no_array")),
        ("[" * 100_000, (0, "", "file_no_array")),
        ("[1]", (1, "", "row_no_object")),
    ],
)  # fmt: skip
def test_a_fault_is_named_by_row_column_and_rule(
    tmp_path: Path, text: str | bytes, fault: tuple[int, str, str]
) -> None:
    assert read(tmp_path, text) == [fault]


def test_the_same_row_again_counts_once(tmp_path: Path) -> None:
    assert len(read_entries(write(tmp_path, HEADER + PETS + PETS))) == 1


def test_a_file_beyond_the_bounds_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(tmp_path, b"x" * 10 * 1024**2) == [(0, "", "file_too_large")]
    monkeypatch.setattr(entry_file, "MOST_ROWS", 1)
    assert read(tmp_path, HEADER + SHIELD + PETS) == [(3, "", "too_many_rows")]


def test_an_item_is_sent_after_those_that_it_names() -> None:
    named = {"a": ["b"], "b": ["c"], "c": [], "d": ["e"], "e": ["d"]}
    rows = [GoodRow(nth, {"code": code, "equivalents": others}) for nth, (code, others) in enumerate(named.items())]
    assert [row.body["code"] for row in order_by_equivalents(rows)] == ["c", "b", "a", "d", "e"]


def test_a_fault_is_worded_in_both_languages() -> None:
    fault = Fault(3, "units.1.factor", reason("greater_than_equal", ge=1))
    assert word_fault(fault, Wording("en")) == (
        "row 3, column units.1.factor: Give a value of at least 1 for units.1.factor."
    )
    assert word_fault(fault, Wording("zh")).startswith("第3行，units.1.factor列：")
    assert word_fault(Fault(0, "", reason("file_empty")), Wording("en")) == "The file is empty."
