"""A running platform goes from the last release to today's while needs keep coming: first users and queues, then one
service after the other.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from docker_load import SteadyTrial
from docker_town import FILES, SERVICES, Town, docker, has_image
from fault_city import until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

REPLACED = 30.0
"""Seconds that a need may wait longest while everything is replaced around it."""
PREPARED = "lianshan first-start; lianshan access apply --secrets /run/secrets; lianshan topology apply"
"""The last release's own preparation of its servers; today's may have options that it does not know."""
AS_MANY = ("--scale", "charity=2", "--scale", "volunteering=2")


def versions(previous: Sequence[str]) -> str:
    """An override that has these services run the last release, and the others today's code."""
    images = {service: "previous" if service in previous else "latest" for service in SERVICES}
    services: dict[str, object] = {name: {"image": f"lianshan/{name}:{tag}"} for name, tag in images.items()}
    return json.dumps({"services": services})


def prepared(told: str) -> str:
    """The same override, with the servers prepared by the last release."""
    services = json.loads(told)["services"]
    prepare = {"image": "lianshan/tools:previous", "command": [PREPARED]}
    return json.dumps({"services": {**services, "prepare": prepare}})


@pytest.fixture(scope="module")
def override(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The settings of compose beside its files: at first, every service is the last release's."""
    missing = [name for name in (*SERVICES, "tools") if not has_image(f"{name}:previous")]
    assert not missing, f"the last release's images of {missing} are missing: `tests/docker/previous.sh` builds them"
    path = tmp_path_factory.mktemp("override") / "previous.json"
    path.write_text(prepared(versions(SERVICES)))
    return path


@pytest.fixture(scope="module")
def docker_compose_file(override: Path) -> list[str]:
    return [*map(str, FILES), str(override)]


@pytest.fixture(scope="module")
def docker_setup() -> list[str]:
    return [f"up -d --no-build {' '.join(AS_MANY)}"]


def ended(town: Town) -> bool:
    """Whether the preparation has ended. Fails where it has ended badly."""
    (container,) = town.containers("prepare", stopped=True)
    if town.look(container, ".State.Status") != "exited":
        return False
    assert town.look(container, ".State.ExitCode") == "0", docker("logs", "--tail", "20", container)
    return True


def test_every_service_is_replaced_under_load(town: Town, trial: Callable[..., SteadyTrial], override: Path) -> None:
    day = trial(town, 40)
    day.load.begin()
    day.load.wait_for(1 / (len(SERVICES) + 4))
    override.write_text(versions(SERVICES))
    town.compose("up", "-d", "--no-build", "--no-deps", "prepare")
    until(lambda: ended(town), "the servers to be prepared for today's release")
    for nth, service in enumerate(SERVICES):
        day.load.wait_for((nth + 2) / (len(SERVICES) + 4))
        override.write_text(versions(SERVICES[nth + 1 :]))
        town.compose("up", "-d", "--no-build", "--no-deps", *AS_MANY, service)
        town.wait_ready(service)
    day.holds_within(REPLACED, "upgraded")
    running = {town.look(container, ".Config.Image") for s in SERVICES for container in town.containers(s)}
    assert running == {f"lianshan/{service}:latest" for service in SERVICES}
