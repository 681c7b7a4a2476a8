"""The reasons for which a test may skip in CI, in one place; any other skip is a failure there.

A skip is a check that nobody runs. `.ci/run` sets CI=1; elsewhere a run ends with the list of skips
that CI would refuse.
`python tests/permitted_skips.py REASON` answers the same for a script: it exits with 1 where CI refuses the reason.
"""

import os
import re
import sys
from collections.abc import Generator, Mapping
from typing import Final

import pytest

PERMITTED: Final[Mapping[str, str]] = {
    r"no Docker engine can be had": "a machine without root or the kernel's support cannot run containers",
    r"Node is not installed": "`make test-agencies` installs it, and runs the program of the quickstart in it",
    r"docker-compose is not here": "`make check` runs before `make test-docker`, which installs it and uses the files",
}
"""A pattern of the reason as it is given to `pytest.skip`, and why the skip hides nothing."""

_REFUSED: Final = "skipped for a reason that tests/permitted_skips.py does not list"


def is_permitted(reason: str) -> bool:
    """Return whether a test may skip for that reason in CI."""
    return any(re.search(pattern, reason) for pattern in PERMITTED)


def in_ci() -> bool:
    """Return whether this run is CI's."""
    return os.environ.get("CI") == "1"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    # Of a skip, pytest keeps (file, line, "Skipped: reason").
    told = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return told.removeprefix("Skipped: ")


def _judge(report: pytest.TestReport | pytest.CollectReport) -> None:
    # An expected failure is reported as skipped, too; `xfail_strict` watches over those.
    if not report.skipped or hasattr(report, "wasxfail") or is_permitted(reason := _reason(report)):
        return
    if in_ci():
        report.outcome = "failed"
        report.longrepr = f"{_REFUSED}: {reason}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a test's skip into a failure, in CI and for a reason that is not listed."""
    report = yield
    _judge(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a whole module into a failure likewise."""
    report = yield
    _judge(report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the skips that CI would refuse."""
    skipped = [r for r in terminalreporter.stats.get("skipped", ()) if not is_permitted(_reason(r))]
    if skipped:
        terminalreporter.section("skips that CI refuses")
        for report in skipped:
            terminalreporter.write_line(f"{report.nodeid}: {_reason(report)}")


if __name__ == "__main__":
    sys.exit(in_ci() and not is_permitted(" ".join(sys.argv[1:])))
