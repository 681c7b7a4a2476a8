"""Reading a register's file: good rows are kept, each bad one is named with its row and reason."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.lianshan.areas.register import BadRow, GoodRow, parse_register
from shared.contracts.stations.areas import AreaRow
from shared.contracts.text import clean_line

ZHANLAN_ROAD = Path(__file__).parents[4] / "deploy/lianshan/local/areas/zhanlan-road.csv"


def read(text: str, **kwargs: int):
    return list(parse_register(io.StringIO(text, newline=""), **kwargs))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('code,name\n11,"Capital"\n', "11"),
        ('code,name,provinceCode\n1101,"Capital",11\n', "1101"),
        ('code,name,cityCode,provinceCode\n110102,"Capital",1101,11\n', "110102"),
        ('code,name,areaCode,provinceCode,cityCode\n110102009,"Capital",110102,11,1101\n', "110102009"),
        ('name,code\n"Capital",110102009017\n', "110102009017"),
        ('\ufeffcode,name\r\n11,"Capital"\r\n', "11"),
        ('[{"code":"11","name":"Capital","provinceCode":"11"}]', "11"),
        ('\n[\n  {"code": "11",\n   "name": "Capital"}\n]\n', "11"),
    ],
)
def test_the_files_of_every_level_are_understood(text: str, code: str):
    assert [(row.code, row.name) for row in read(text)] == [(code, "Capital")]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("110102009017", "column name is missing"),
        (",Elm Hall", "code is empty"),
        ("11010200901,Elm Hall", "11 digits"),
        ("11010200901x,Elm Hall", "digits only"),
        ("１１,Elm Hall", "digits only"),
        ("110102009017,", "name of 110102009017 is empty"),
        ('110102009017,"  "', "name of 110102009017 is empty"),
        (f"110102009017,{'x' * 201}", "longer than 200"),
        ("11,Another capital", "came before"),
    ],
)
def test_a_bad_row_is_named_with_its_reason_and_the_others_are_kept(line: str, why: str):
    rows = read(f"code,name\n11,Capital\n{line}\n12,Harbour\n")

    assert [row for row in rows if isinstance(row, GoodRow)] == [
        GoodRow(2, "11", "Capital"),
        GoodRow(4, "12", "Harbour"),
    ]
    (bad,) = [row for row in rows if isinstance(row, BadRow)]
    assert bad.row == 3
    assert why in bad.reason


@pytest.mark.parametrize(
    ("item", "why"),
    [
        ('"11"', "not an object"),
        ('{"name": "Elm Hall"}', "field code is missing"),
        ('{"code": "110102009017"}', "field name is missing"),
        ('{"code": 110102009017, "name": "Elm Hall"}', "must be text"),
        ('{"code": "1", "name": "Elm Hall"}', "1 digits"),
    ],
)
def test_a_bad_object_of_a_json_array_is_named_by_its_place(item: str, why: str):
    rows = read(f'[{{"code":"11","name":"Capital"}}, {item}, {{"code":"12","name":"Harbour"}}]')
    assert [row.row for row in rows] == [1, 2, 3]
    assert isinstance(rows[1], BadRow)
    assert why in rows[1].reason


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the file is empty"),
        ("\n \n", "the file is empty"),
        ("kode,name\n11,Capital\n", "must name the columns code and name"),
        ("11,Capital\n", "must name the columns code and name"),
        (f"code,{'x' * 200_000}", "not readable as CSV"),
        ("[", "cut off"),
        ('[{"code":', "not readable as JSON"),
        ("[}", "not readable as JSON"),
    ],
)
def test_a_file_that_is_no_register_says_so_in_one_row(text: str, why: str):
    (row,) = read(text)
    assert isinstance(row, BadRow)
    assert why in row.reason


def test_a_json_file_that_is_cut_off_keeps_what_came_before():
    first, second = read('[{"code":"11","name":"Capital"},{"code":"12","na')
    assert first == GoodRow(1, "11", "Capital")
    assert isinstance(second, BadRow)


def test_the_same_row_again_is_passed_over():
    assert read("code,name\n11,Capital\n11,Capital\n") == [GoodRow(2, "11", "Capital")]


def test_rows_are_numbered_from_where_the_caller_says():
    assert read("code,name\n11,Capital\n", first_row=7) == [GoodRow(8, "11", "Capital")]


@given(st.text())
def test_nothing_that_is_not_a_register_raises(text: str):
    for row in read(text):
        assert isinstance(row, GoodRow | BadRow)


@given(st.text(max_size=30))
def test_every_good_row_can_be_sent(name: str):
    for row in read(f'code,name\n11,"{name}"\n'):
        if isinstance(row, GoodRow):
            assert AreaRow(code=row.code, name=row.name).name == clean_line(row.name)


def test_the_shipped_register_of_zhanlan_road_is_whole():
    with ZHANLAN_ROAD.open(encoding="utf-8", newline="") as file:
        rows = list(parse_register(file))
    assert all(isinstance(row, GoodRow) for row in rows)
    assert [sum(len(row.code) == digits for row in rows) for digits in (2, 4, 6, 9, 12)] == [1, 1, 1, 1, 23]
    assert all(row.code.startswith("110102009") for row in rows if len(row.code) == 12)


def test_a_quote_that_is_not_closed_spoils_its_own_line_and_no_other() -> None:
    rows = read('code,name\n11,"Capital\n1101,City\n110102,District\n')
    assert [row.row for row in rows] == [2, 3, 4]
    assert isinstance(rows[0], BadRow)
    assert "quote that opens in this line is not closed" in rows[0].reason
    assert rows[1:] == [GoodRow(3, "1101", "City"), GoodRow(4, "110102", "District")]


@pytest.mark.parametrize("first", [b"PK\x03\x04\x14\x00\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a"])
def test_a_spreadsheet_under_the_name_of_a_csv_is_called_so(first: bytes) -> None:
    (bad,) = read((first + b"\x00\n\xff,\n").decode("utf-8", "surrogateescape"))
    assert isinstance(bad, BadRow)
    assert "the file is a spreadsheet under another name: save it as CSV" in bad.reason
