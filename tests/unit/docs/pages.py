"""The project's Markdown as the tests of this folder read it."""

import os
import re
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
_FENCE: Final = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_SKIPPED: Final = {".venv", "var", "build", "node_modules"}


@cache
def pages() -> list[str]:
    """Return the path of every Markdown file below the root, without installed and generated ones."""
    found = []
    for folder, within, files in os.walk(ROOT):
        # Not even entered: `.venv` has more folders than all others.
        within[:] = [name for name in within if name not in _SKIPPED and (name[0] != "." or folder != str(ROOT))]
        found += [os.path.relpath(f"{folder}/{file}", ROOT) for file in files if file.endswith(".md")]
    return sorted(page for page in found if page[0] != ".")


def text_of(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def prose_of(page: str) -> str:
    """Return the page without fenced code: the text in a fence is not prose and holds no links."""
    return _FENCE.sub("", text_of(page))


def rows_of(page: str) -> list[list[str]]:
    """Return the cells of every table row of the page, header rows included, rulers left out."""
    lines = [line.strip() for line in prose_of(page).splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines]
    return [row for row in cells if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]
