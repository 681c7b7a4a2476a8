"""CONTRIBUTING.md bounds the length of a file, so that each has one subject and is read in one go."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pages import ROOT

LINES: Final = 300
FOLDERS: Final = ("services", "shared", "deploy", "tests")


def _files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (ROOT / folder).rglob("*.py")


def test_no_file_is_longer_than_it_may_be() -> None:
    lengths = {str(file.relative_to(ROOT)): file.read_bytes().count(b"\n") for file in _files()}
    assert len(lengths) > 500
    too_long = {file: lines for file, lines in lengths.items() if lines > LINES}
    assert not too_long, f"split them by subject: {too_long}"
