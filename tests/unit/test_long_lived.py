"""The tests' own long-lived fixtures: a start that failed is tried again, and each ends with its last test."""

import pytest

pytest_plugins = ["pytester"]

CONFTEST = """
import long_lived
import pytest

starts = []

def pytest_configure(config):
    config.pluginmanager.register(long_lived)
    config.workerinput = {{}}  # as in a worker of xdist

@pytest.fixture(scope="session")
def servers():
    starts.append(1)
    if len(starts) <= {failures}:
        raise RuntimeError(f"port {{len(starts)}} is taken")
    yield "running"
    print("servers ended")

@pytest.fixture(scope="session")
def gateway(servers):
    yield servers
    print("gateway ended")
"""
TESTS = "RunningGateway = str\n" + "".join(
    f"def test_{number}(gateway: RunningGateway): assert gateway == 'running'\n" for number in range(6)
)
OTHERS = "def test_another():\n    print('another runs')\n"


@pytest.fixture
def run(pytester: pytest.Pytester, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> pytest.RunResult:
    """As here, the conftest is beneath the root."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # one of them takes half a second to import
    pytester.makeini("[pytest]\n")
    tests = pytester.mkdir("tests")
    (tests / "conftest.py").write_text(CONFTEST.format(failures=request.param))
    (tests / "test_a.py").write_text(TESTS)
    (tests / "test_b.py").write_text(OTHERS)
    return pytester.runpytest_inprocess("-s", "--tb=native", "-p", "no:cacheprovider", "tests")


@pytest.mark.parametrize("run", [0], indirect=True)
def test_a_stack_ends_with_its_last_test_and_the_servers_stay(run: pytest.RunResult) -> None:
    run.assert_outcomes(passed=7)
    run.stdout.fnmatch_lines(["*gateway ended*", "*another runs*", "*servers ended*"])


@pytest.mark.parametrize("run", [1], indirect=True)
def test_a_start_that_failed_fails_one_test_and_the_next_one_tries_again(run: pytest.RunResult) -> None:
    run.assert_outcomes(errors=1, passed=6)
    assert run.stdout.str().count("servers ended") == 1


@pytest.mark.parametrize("run", [9], indirect=True)
def test_a_start_that_fails_again_and_again_is_given_up_and_each_reason_is_named(run: pytest.RunResult) -> None:
    run.assert_outcomes(errors=6, passed=1)
    run.stdout.fnmatch_lines(
        [
            "*RuntimeError: port 3 is taken",
            "*start 1 of servers failed with RuntimeError: port 1 is taken",
            "*start 2 of servers failed with RuntimeError: port 2 is taken",
        ]
    )
    assert "port 4" not in run.stdout.str()
