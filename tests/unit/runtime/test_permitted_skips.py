"""In CI a test may skip only for a reason that is listed."""

import os
import subprocess
import sys
from pathlib import Path

import permitted_skips
import pytest

TESTS = Path(permitted_skips.__file__).parent
SKIPPING = """
import pytest

def test_that_runs():
    assert True

def test_that_skips():
    pytest.skip({reason!r})

@pytest.mark.xfail(reason="known", strict=True)
def test_that_fails_as_expected():
    assert False
"""
LISTED = "no Docker engine can be had: the kernel lacks overlayfs"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of its own, with the hooks."""
    names = "pytest_make_collect_report, pytest_runtest_makereport, pytest_terminal_summary"
    (tmp_path / "conftest.py").write_text(f"from permitted_skips import {names}\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\nempty_parameter_set_mark = fail_at_collect\n")
    return tmp_path


def run(folder: Path, source: str, *, ci: bool) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(source)
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "CI": "1" if ci else ""}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:pytest_nameko", "-p", "no:cloudcoil", str(folder)],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_skip_for_another_reason_fails_in_ci_and_says_where_to_list_it(folder: Path):
    done = run(folder, SKIPPING.format(reason="the moon is full"), ci=True)
    assert done.returncode == 1
    assert "permitted_skips.py does not list: the moon is full" in done.stdout
    assert "1 failed, 1 passed, 1 xfailed" in done.stdout


def test_elsewhere_it_is_listed_at_the_end(folder: Path):
    done = run(folder, SKIPPING.format(reason="the moon is full"), ci=False)
    assert done.returncode == 0
    assert "skips that CI refuses" in done.stdout
    assert "test_that_skips: the moon is full" in done.stdout


def test_a_listed_reason_may_skip_in_ci(folder: Path):
    done = run(folder, SKIPPING.format(reason=LISTED), ci=True)
    assert done.returncode == 0
    assert "1 passed, 1 skipped, 1 xfailed" in done.stdout
    assert "skips that CI refuses" not in done.stdout


def test_a_whole_module_that_skips_fails_in_ci_likewise(folder: Path):
    done = run(folder, "import pytest\npytest.skip('no server', allow_module_level=True)\n", ci=True)
    assert done.returncode != 0
    assert "permitted_skips.py does not list: no server" in done.stdout


def test_each_reason_says_why_it_hides_nothing():
    assert all(why.strip() for why in permitted_skips.PERMITTED.values())


def test_a_script_asks_whether_its_reason_is_listed(monkeypatch: pytest.MonkeyPatch):
    def ask(reason: str) -> int:
        return subprocess.run([sys.executable, permitted_skips.__file__, reason], timeout=60, check=False).returncode

    monkeypatch.setenv("CI", "1")
    assert (ask("no Docker engine can be had: not root"), ask("the moon is full")) == (0, 1)
    monkeypatch.delenv("CI")
    assert ask("the moon is full") == 0
