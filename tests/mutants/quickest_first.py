"""A pytest plugin: the quickest tests first, so that most mutants are found before a whole city is played."""

import json
from functools import cache
from pathlib import Path
from typing import Final

import pytest

STATS: Final = Path("mutmut-stats.json")
"""Written by mutmut into the folder where it runs the tests: the seconds of each test."""


@cache
def _seconds() -> dict[str, float]:
    if not STATS.exists():
        return {}
    found: dict[str, float] = json.loads(STATS.read_text("utf-8"))["duration_by_test"]
    return found


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests by the seconds that they took without a mutant."""
    seconds = _seconds()
    items.sort(key=lambda item: seconds.get(item.nodeid, 0.0))
