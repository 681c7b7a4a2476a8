"""The tables of the commands: an id, a reason or a command in one is whole on a terminal and in a pipe."""

import ast
from io import StringIO
from pathlib import Path

import pytest

from deploy.lianshan.cli import output
from deploy.lianshan.cli.output import Line, print_table

COMMANDS = Path(output.__file__).parents[1]
ID = "donation_" + "0123456789abcdef" * 9
REASON = "需求等待志愿者：街道内没有合适人员，下一步扩大到全区" * 6
SHAPES_TO_THE_WIDTH = {"table", "tree", "columns", "panel", "padding", "layout"}
"""Modules of rich whose things are as wide as the terminal, and cut or fold their content."""
SHOWS = {"demo/report.py": "a film for 100 columns, without ids", "cli/load.py": "figures redrawn on a terminal"}


@pytest.fixture(params=["pipe", "terminal"])
def printed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """The standard output of a command at 80 columns."""
    written = StringIO()
    for name, value in (("_file", written), ("_width", 80), ("_force_terminal", request.param == "terminal")):
        monkeypatch.setattr(output.out, name, value)
    return written


def test_ids_and_reasons_are_printed_whole(printed: StringIO) -> None:
    print_table(["id", "found", "next"], [Line((ID, REASON, ID), below=[f"→ lianshan dlq retry {ID} {ID}"])])
    lines = printed.getvalue().splitlines()
    assert len(lines) == 3
    assert (lines[1].count(ID), lines[1].count(REASON), lines[2].count(f"retry {ID} {ID}")) == (2, 1, 1)


def test_every_sentence_of_a_command_is_printed_whole(printed: StringIO) -> None:
    output.out.print(f"{ID} {REASON} {ID}")
    output.out.print_json(data=[{"id": ID, "text": REASON}], ensure_ascii=False)
    assert (printed.getvalue().count(ID), printed.getvalue().count(REASON)) == (3, 2)


def test_columns_stand_beneath_their_titles_and_nothing_is_taken_for_markup(printed: StringIO) -> None:
    print_table(["队列", "n"], [Line(("[bold]charity.events", None)), Line(("x", 7))])
    lines = [line.rstrip() for line in printed.getvalue().splitlines()]
    assert lines[1].endswith("[bold]charity.events")
    assert lines[2].endswith(f"x{' ' * 19}  7")


def test_no_command_has_a_table_of_its_own() -> None:
    found = {}
    for file in sorted(COMMANDS.rglob("*.py")):
        code = file.read_text("utf-8")
        used = {
            part
            for node in (ast.walk(ast.parse(code)) if "rich" in code else ())  # to search is quicker than to parse
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rich.")
            for part in str(node.module).split(".")[1:]
        }
        if taken := used & SHAPES_TO_THE_WIDTH:
            found[str(file.relative_to(COMMANDS))] = taken
    assert found.keys() == SHOWS.keys(), "print it by `print_table` of deploy/lianshan/cli/output.py"


def test_no_command_shortens_an_id() -> None:
    cut = [
        f"{file.relative_to(COMMANDS)}:{node.lineno}"
        for folder in ("cli", "need_path", "doctor", "status", "dead_letters")
        for file in sorted((COMMANDS / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Slice)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr in {"id", "holder", "key", "queue", "need_id", "letter", "trace_id"}
    ]
    assert cut == []
