"""In CI a test may skip only for a reason that is listed."""

import runpy
import sys
from collections.abc import Callable

import permitted_skips
import pytest

pytest_plugins = ["pytester"]
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


Run = Callable[[str], pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a test file in a project of its own, with the hooks."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    names = "pytest_make_collect_report, pytest_runtest_makereport, pytest_terminal_summary"
    pytester.makeconftest(f"from permitted_skips import {names}\n")
    pytester.makeini("[pytest]\nempty_parameter_set_mark = fail_at_collect\n")

    def run_source(source: str) -> pytest.RunResult:
        pytester.makepyfile(source)
        return pytester.runpytest_inprocess("-q", "--tb=native", "-p", "no:cacheprovider")

    return run_source


@pytest.fixture
def _in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "1")


@pytest.fixture
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)


@pytest.mark.usefixtures("_in_ci")
def test_a_skip_for_another_reason_fails_in_ci_and_says_where_to_list_it(run: Run):
    done = run(SKIPPING.format(reason="the moon is full"))
    done.assert_outcomes(failed=1, passed=1, xfailed=1)
    done.stdout.fnmatch_lines("*permitted_skips.py does not list: the moon is full*")


@pytest.mark.usefixtures("_elsewhere")
def test_elsewhere_it_is_listed_at_the_end(run: Run):
    done = run(SKIPPING.format(reason="the moon is full"))
    done.assert_outcomes(skipped=1, passed=1, xfailed=1)
    done.stdout.fnmatch_lines(["*skips that CI refuses*", "*test_that_skips: the moon is full"])


@pytest.mark.usefixtures("_in_ci")
def test_a_listed_reason_may_skip_in_ci(run: Run):
    done = run(SKIPPING.format(reason=LISTED))
    done.assert_outcomes(skipped=1, passed=1, xfailed=1)
    done.stdout.no_fnmatch_line("*skips that CI refuses*")


@pytest.mark.usefixtures("_in_ci")
def test_a_whole_module_that_skips_fails_in_ci_likewise(run: Run):
    done = run("import pytest\npytest.skip('no server', allow_module_level=True)\n")
    done.assert_outcomes(errors=1)
    assert done.ret != 0
    done.stdout.fnmatch_lines("*permitted_skips.py does not list: no server*")


def test_each_reason_says_why_it_hides_nothing():
    assert all(why.strip() for why in permitted_skips.PERMITTED.values())


def test_a_script_asks_whether_its_reason_is_listed(monkeypatch: pytest.MonkeyPatch):
    def ask(reason: str) -> int:
        monkeypatch.setattr(sys, "argv", ["permitted_skips.py", reason])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(permitted_skips.__file__, run_name="__main__")
        return int(ended.value.code or 0)

    monkeypatch.setenv("CI", "1")
    assert (ask("no Docker engine can be had: not root"), ask("the moon is full")) == (0, 1)
    monkeypatch.delenv("CI")
    assert ask("the moon is full") == 0
