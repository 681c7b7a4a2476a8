"""The client has each operation of the API as described today, nothing of the product, and runs on Python 3.10."""

import ast
import importlib
import sys
from pathlib import Path

from described_api import describe, list_operations

import tests.client_writer.written as writer

ROOT = Path(__file__).parents[3]


def test_the_written_files_are_those_of_the_description_of_today() -> None:
    made = writer.make_all(describe())
    stand = {
        str(path.relative_to(writer.PACKAGE)): path.read_text(encoding="utf-8")
        for folder in (*writer.WRITTEN, ".")
        for path in (writer.PACKAGE / folder).glob("*.py" if folder != "." else "client.py")
    }
    other = sorted(name for name in made.keys() | stand.keys() if made.get(name) != stand.get(name))
    assert not other, f"run `python -m tests.client_writer` and commit: {other}"


def test_every_operation_has_its_function() -> None:
    functions = {
        node.name
        for path in (writer.PACKAGE / "api").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    described = {operation["operationId"] for _, path, operation in list_operations() if path.startswith("/v1/")}
    # `Client.follow` reads the stream; a report is signed by the message gateway, which has no key.
    assert described - functions == {"stream_events", "report_notice"}


def test_the_client_needs_httpx_alone_and_the_syntax_of_python_3_10() -> None:
    imported = set()
    for path in writer.PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 10))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                imported |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(str(node.module).partition(".")[0])
    assert imported - sys.stdlib_module_names == {"httpx", "typing_extensions"}, "the latter for type checkers alone"


def test_each_written_module_can_be_imported() -> None:
    for path in writer.PACKAGE.glob("*/*.py"):
        importlib.import_module(f"lianshan_client.{path.parent.name}.{path.stem}")
