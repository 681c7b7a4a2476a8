"""No code but the clock itself reads the wall clock: each use decides between machine time and city time."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CLOCK = ROOT / "shared/runtime/clock.py"
CLIENT = ROOT / "shared/client"
"""It runs at platforms, by their clock."""
WALL_CLOCKS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "gmtime", "localtime", "ctime", "asctime"},
}


SUSPECT = re.compile(
    r"\b(?:datetime|date|time)[\s)\\]*\.\s*(?:now|utcnow|today|time|time_ns|gmtime|localtime|ctime|asctime)\b|\bfrom\s+time\b"
)


def find_readings(source: str) -> Iterator[int]:
    """Yield the lines in which the wall clock is read, or imported to be read."""
    for node in ast.walk(ast.parse(source)) if SUSPECT.search(source) else ():  # to search is quicker than to parse
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            names = {node.attr}
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            owner, names = "time", {name.name for name in node.names}
        else:
            continue
        if names & WALL_CLOCKS.get(owner, set()):
            yield node.lineno


@pytest.mark.parametrize("part", ["shared", "services", "deploy"])
def test_only_the_clock_reads_the_wall_clock(part: str) -> None:
    files = [path for path in (ROOT / part).rglob("*.py") if path != CLOCK and CLIENT not in path.parents]
    assert len(files) > 20
    found = [f"{path.relative_to(ROOT)}:{line}" for path in files for line in find_readings(path.read_text())]
    assert not found, "take Clock.city, Clock.machine or machine_now of shared/runtime/clock.py"


RECORDS = {
    "services/gateway/__main__.py": "when the release marked the store",
    "services/gateway/access/keys.py": "when a key was made",
    "services/gateway/exports/__main__.py": "when the release marked the store",
    "services/gateway/features/keys/routes.py": "when a key was revoked",
    "services/gateway/http/access_log.py": "when a request came",
    "services/gateway/webhooks/__main__.py": "when the release marked the store",
    "shared/engine/store/migration.py": "when a migration ran",
    "shared/engine/store/schema_registry.py": "when a form was written first",
}
"""The modules of the product that date a record by the host's clock, for people to read; `deploy` holds the others."""


@pytest.mark.parametrize("part", ["shared", "services"])
def test_the_hosts_clock_dates_records_alone_and_is_compared_with_nothing(part: str) -> None:
    """No two machines' clocks are compared: times that another process reads are the store's."""
    files = [path for path in (ROOT / part).rglob("*.py") if path != CLOCK and "machine_now" in path.read_text()]
    found = {str(path.relative_to(ROOT)) for path in files}
    assert found == {name for name in RECORDS if name.startswith(part)}
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (isinstance(node, ast.Compare) and "machine_now" in ast.dump(node)), f"{path}:{node.lineno}"


@pytest.mark.parametrize(
    "source",
    [
        "datetime.now(UTC)",
        "dt.datetime.now(UTC)",
        "time.time()",
        "from time import time",
        "f = datetime.utcnow",
        "(datetime).now()",
    ],
)
def test_a_reading_is_found(source: str) -> None:
    assert list(find_readings(source)) == [1]


@pytest.mark.parametrize("source", ["time.monotonic()", "work.now", "from time import monotonic", "clock.now()"])
def test_another_name_is_none(source: str) -> None:
    assert not list(find_readings(source))
