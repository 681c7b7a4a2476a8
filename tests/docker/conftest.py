"""A compose stack of the images that deploy/images/build.sh made, on a real engine; skipped where there is none.

Each module has a stack of its own (`--container-scope=module`), one at a time: the machine may be small.
"""

import secrets
import shutil
import socket
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from docker_load import SteadyLoad, SteadyTrial
from docker_town import COMPOSE, FILES, SERVICES, Town, fails, has_image, run, scale_up
from fault_city import until
from fault_day import Day
from fault_trial import SEED

from deploy.lianshan.local.folder import LOOPBACK

IMAGES = ("rabbitmq", "mongo", "tools", *SERVICES)
_numbers = count(1)


def pytest_report_header() -> str:
    """So that a failure can be played again."""
    return f"fault seed: LIANSHAN_FAULT_SEED={SEED}"


@pytest.fixture(scope="session")
def engine() -> None:
    """A Docker engine that has the images."""
    if not shutil.which("docker") or fails("docker", "version", "--format", "{{.Server.Version}}"):
        pytest.skip("no Docker engine answers here: `make test-docker` installs and starts one where it may")
    missing = [name for name in IMAGES if not has_image(name)]
    if missing:
        pytest.skip(f"images are missing ({', '.join(missing)}): `deploy/images/build.sh --debian` makes them")


@pytest.fixture(scope="session")
def docker_compose_command() -> str:
    """The old one where it is installed: Debian has no other."""
    return "docker-compose" if shutil.which("docker-compose") else "docker compose"


@pytest.fixture(scope="session")
def docker_compose_file() -> list[str]:
    return [str(file) for file in FILES]


@pytest.fixture(scope="session")
def docker_setup() -> list[str]:
    return ["up -d --no-build"]


@pytest.fixture(scope="session")
def docker_cleanup() -> list[str]:
    return ["down --volumes --timeout 5"]


@pytest.fixture(scope="module")
def docker_compose_project_name(
    engine: None, docker_compose_command: str, docker_compose_file: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A project with secrets and a port of its own, gone at the end even where it never came up."""
    name = f"lianshan-{secrets.token_hex(3)}"
    folder = tmp_path_factory.mktemp("secrets")
    run(str(COMPOSE / "secrets.sh"), str(folder))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LIANSHAN_SECRETS", str(folder))
        environment.setenv("LIANSHAN_HTTP_PORT", str(_free_port()))
        yield name
        Town(docker_compose_command, docker_compose_file, name).compose("down", "--volumes", "--timeout", "5")


@pytest.fixture(scope="module")
def town(
    docker_services: object,
    docker_compose_command: str,
    docker_compose_file: list[str],
    docker_compose_project_name: str,
) -> Town:
    """The stack, one container of each."""
    town = Town(docker_compose_command, docker_compose_file, docker_compose_project_name)
    town.wait_ready()
    return town


@pytest.fixture(scope="module")
def scaled(town: Town) -> Town:
    """Three of charity and two of volunteering."""
    scale_up(town)
    return town


@pytest.fixture
def trial(request: pytest.FixtureRequest) -> Iterator[Callable[..., SteadyTrial]]:
    """`trial(town, seconds, rate)` has a place stand, with a day of so many needs a second before it."""
    made: list[SteadyTrial] = []

    def make(town: Town, seconds: float, rate: float = 20.0) -> SteadyTrial:
        day = Day(next(_numbers), f"{SEED}/{request.node.name}", int(seconds * rate))
        town.wait_ready()
        load = SteadyLoad(town, day, rate)
        load.morning()
        until(lambda: not town.at_rest(), "the morning to be over")
        made.append(SteadyTrial(town, load))
        return made[-1]

    yield make
    for one in made:
        one.load.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
