"""Empty lines of CSV files: passed over quickly, and counted, so that a problem names the line that a person sees."""

from time import process_time

import pytest

from shared.tables.csv_file import MOST_LINE, read_csv
from shared.tables.problems import FileProblem


def rows(text: str) -> list[tuple[int, list[object]]]:
    return [(row.number, list(row.cells)) for row in read_csv(lambda: iter([text.encode()]), "utf-8-sig")]


@pytest.mark.parametrize("empty", ["\n", "\r\n", "\r", ",,\n", " , ,\r\n"])
def test_rows_keep_their_numbers_behind_empty_lines(empty: str) -> None:
    assert rows(f"a,b\n{empty * 3}1,2\n{empty}3,4") == [(1, ["a", "b"]), (5, ["1", "2"]), (7, ["3", "4"])]
    assert rows(f"{empty * 2}a,b\n") == [(3, ["a", "b"])]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("above", ["", "\n", "\n\n", ",,\n"])
def test_the_delimiter_is_that_of_the_header_also_below_empty_lines(above: str, delimiter: str) -> None:
    found = rows(f"{above}a{delimiter}b\n1{delimiter}2")
    assert [cells for _, cells in found] == [["a", "b"], ["1", "2"]]


def test_an_empty_line_within_a_cell_is_a_part_of_the_cell() -> None:
    assert rows('a,b\n"1\n\n,,\n",2\n\n3,4') == [(1, ["a", "b"]), (2, ["1\n\n,,\n", "2"]), (4, ["3", "4"])]


def test_problems_behind_empty_lines_name_their_line() -> None:
    for line, code in (("1,\0", "nul_in_file"), ("," * (MOST_LINE + 1), "line_too_long")):
        with pytest.raises(FileProblem) as found:
            rows(f"a,b\n\n\n{line}\n")
        assert (found.value.reason.code, found.value.reason.args["line"]) == (code, 4)
    with pytest.raises(FileProblem) as found:
        rows('a,b\n\n\n"1')
    assert (found.value.reason.code, found.value.reason.args["row"]) == ("quote_not_closed", 4)


def test_empty_lines_are_passed_over_in_a_fraction_of_the_time_of_rows() -> None:
    def seconds(text: str) -> float:
        began = process_time()
        assert rows(text)[-1][0] == 60_002
        return process_time() - began

    assert seconds("a,b\n" + "\n" * 60_000 + "3,4") < 0.5 * seconds("a,b\n" + "1,2\n" * 60_000 + "3,4")
