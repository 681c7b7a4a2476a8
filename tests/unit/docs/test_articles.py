"""Each article about personal data that code or pages state has its row, with a test, in docs/people.md."""

import re
from collections.abc import Iterator
from typing import Final

from pages import ROOT, prose_of

PAGE: Final = "docs/people.md"
LAWS: Final = {
    "Personal Information Protection Law": r"(?:Personal Information Protection Law|PIPL)",
    "Cybersecurity Law": r"Cybersecurity Law",
    "Incident Measures": r"Incident Measures",
}
"""By the name in the table. A row without a law is about the first one, of which most are."""
NUMBERS: Final = re.compile(r"\d+")
STATED: Final = {
    law: re.compile(rf"{name}(?: \([^)]*\))?, art\. (\d+(?:(?:, | and | to )\d+)*)") for law, name in LAWS.items()
}
ROW: Final = re.compile(
    r"^\| (?:(?P<law>[A-Z][\w ]+), )?art\. (?P<numbers>[^:|]+): .*\| (?P<tests>[^|]+) \|$", re.MULTILINE
)
Article = tuple[str, int]


def read_numbers(text: str) -> Iterator[int]:
    """The articles of `54 and 55`, or of `13 to 16`."""
    first, _, last = text.partition(" to ")
    if last:
        yield from range(int(first), int(last) + 1)
    else:
        yield from map(int, NUMBERS.findall(text))


def find_stated() -> Iterator[tuple[Article, str]]:
    """The articles that are stated, each with a file that states it."""
    folders = [file for name in ("services", "shared", "deploy") for file in (ROOT / name).rglob("*.py")]
    for file in (*folders, *(ROOT / "docs").rglob("*.md"), *(ROOT / "services").rglob("*.md")):
        text = " ".join(file.read_text("utf-8").split())
        for law, stated in STATED.items():
            for numbers in stated.findall(text):
                yield from (((law, number), str(file.relative_to(ROOT))) for number in read_numbers(numbers))


def find_rows() -> Iterator[tuple[Article, str]]:
    """The articles of the table, each with the tests of its row."""
    table = prose_of(PAGE).split("## Articles and their tests")[1]
    for row in ROW.finditer(table):
        law = row["law"] or next(iter(LAWS))
        yield from (((law, number), row["tests"]) for number in read_numbers(row["numbers"]))


def test_each_article_that_is_stated_has_a_test_in_the_table() -> None:
    tested = dict(find_rows())
    assert {article: where for article, where in find_stated() if article not in tested} == {}


def test_each_row_of_the_table_names_a_test() -> None:
    rows = list(find_rows())
    assert len(rows) > 20
    assert [article for article, tests in rows if not re.search(r"`test_\w+`", tests)] == []
