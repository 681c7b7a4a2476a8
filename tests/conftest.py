"""Real servers and a real stack, started once a session, only if a test asks for them.

LIANSHAN_TEST_AMQP_URI, LIANSHAN_TEST_MONGO_URI and LIANSHAN_TEST_MANAGEMENT_URL name servers that run already.
"""

import gc
from collections.abc import Iterator
from typing import Any

import long_lived
import pytest
import scratch
import session_servers
import stacks
import whole_reasons
from examples import examples
from hypothesis import settings
from permitted_skips import (  # noqa: F401 - hooks
    pytest_make_collect_report,
    pytest_runtest_makereport,
    pytest_terminal_summary,
)
from stacks import Isolated, RunningStack, Servers
from workers import ByPlace

gc.set_threshold(500_000, 20, 50)  # at its usual pace, collection takes a fifth of the CPU of collecting and testing

settings.register_profile("lianshan", examples())
settings.load_profile("lianshan")


def pytest_configure(config: pytest.Config) -> None:
    """Have the modules whose hooks a conftest beneath the root is not told of, as of the session's fixtures."""
    config.pluginmanager.register(long_lived)
    config.pluginmanager.register(whole_reasons)
    config.pluginmanager.register(scratch)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByPlace | None:
    """Share the files out as `tests/workers.py` says, under `--dist loadfile`."""
    return ByPlace(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_finish() -> None:
    """Leave the modules and the list of tests out of each later collection of garbage: they stay to the end anyway."""
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    """Collect the young once more, so that faults of finalizers are seen; pytest's own five have nothing to do then.

    The old ones would take most of a second, and collections on the way have seen them.
    """
    gc.collect(1)
    gc.freeze()


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """RabbitMQ and MongoDB."""
    with session_servers.servers(tmp_path_factory.mktemp("servers")) as running:
        yield running


@pytest.fixture(scope="session")
def mongo_uri(servers: Servers) -> str:
    """A MongoDB replica set; take a database name of your own."""
    return servers.mongo_uri


@pytest.fixture
def isolated(servers: Servers) -> Iterator[Isolated]:
    """A virtual host and a database prefix for this test alone; queues are declared by `isolated.declare()`."""
    with stacks.isolated(servers) as room:
        yield room


@pytest.fixture
def furnished(servers: Servers) -> Iterator[Isolated]:
    """As `isolated`, with the platform's queues declared."""
    with stacks.isolated(servers, furnished=True) as room:
        yield room


@pytest.fixture
def amqp_uri(isolated: Isolated) -> str:
    """A virtual host for this test alone."""
    return isolated.amqp_uri


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The whole stack with every service. Shared: leave it as well as you found it."""
    with stacks.running_stack(tmp_path_factory.mktemp("stack"), readable=True) as running:
        yield running
