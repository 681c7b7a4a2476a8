"""The tests' own long-lived fixtures: one that could not be started is tried again, a few times, with its reason."""

import pytest

pytest_plugins = ["pytester"]

CONFTEST = """
import pytest
from long_lived import pytest_fixture_setup

starts = []

@pytest.fixture(scope="session")
def servers():
    starts.append(1)
    if len(starts) <= {failures}:
        raise RuntimeError(f"port {{len(starts)}} is taken")
    yield "running"
    print("ended")

@pytest.fixture(scope="session")
def uri(servers):
    return servers
"""
TESTS = "".join(f"def test_{number}(uri): assert uri == 'running'\n" for number in range(6))


@pytest.fixture
def run(pytester: pytest.Pytester, request: pytest.FixtureRequest) -> pytest.RunResult:
    pytester.makeconftest(CONFTEST.format(failures=request.param))
    pytester.makepyfile(TESTS)
    return pytester.runpytest_inprocess("-s", "-p", "no:cacheprovider", "-p", "no:pytest_nameko", "-p", "no:cloudcoil")


@pytest.mark.parametrize("run", [1], indirect=True)
def test_a_start_that_failed_fails_one_test_and_the_next_one_tries_again(run: pytest.RunResult) -> None:
    run.assert_outcomes(errors=1, passed=5)
    assert run.stdout.str().count("ended") == 1


@pytest.mark.parametrize("run", [9], indirect=True)
def test_a_start_that_fails_again_and_again_is_given_up_and_each_reason_is_named(run: pytest.RunResult) -> None:
    run.assert_outcomes(errors=6)
    run.stdout.fnmatch_lines(
        ["*RuntimeError: port 3 is taken", "*start 1 of servers failed with RuntimeError: port 1 is taken"]
    )
    assert "port 4" not in run.stdout.str()
