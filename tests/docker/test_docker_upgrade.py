"""A running platform goes from the last release to today's, one service after the other, while needs keep coming."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from docker_load import SteadyTrial
from docker_town import FILES, SERVICES, Town, has_image

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

REPLACED = 30.0
"""Seconds that a need may wait longest while everything is replaced around it."""
AS_MANY = ("--scale", "charity=2", "--scale", "volunteering=2")


def versions(previous: Sequence[str]) -> str:
    """An override that has these services run the last release, and the others today's code."""
    images = {service: "previous" if service in previous else "latest" for service in SERVICES}
    return json.dumps(
        {"services": {service: {"image": f"lianshan/{service}:{tag}"} for service, tag in images.items()}}
    )


@pytest.fixture(scope="module")
def override(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What compose is told beside its files: at first, that every service is the last release's."""
    missing = [service for service in SERVICES if not has_image(f"{service}:previous")]
    assert not missing, f"the last release's images of {missing} are missing: `tests/docker/previous.sh` builds them"
    path = tmp_path_factory.mktemp("override") / "previous.json"
    path.write_text(versions(SERVICES))
    return path


@pytest.fixture(scope="module")
def docker_compose_file(override: Path) -> list[str]:
    return [*map(str, FILES), str(override)]


@pytest.fixture(scope="module")
def docker_setup() -> list[str]:
    return [f"up -d --no-build {' '.join(AS_MANY)}"]


def test_every_service_is_replaced_under_load(town: Town, trial: Callable[..., SteadyTrial], override: Path) -> None:
    day = trial(town, 40)
    day.load.begin()
    for nth, service in enumerate(SERVICES):
        day.load.wait_for((nth + 1) / (len(SERVICES) + 3))
        override.write_text(versions(SERVICES[nth + 1 :]))
        town.compose("up", "-d", "--no-build", "--no-deps", *AS_MANY, service)
        town.wait_ready(service)
    day.holds_within(REPLACED, "upgraded")
    running = {town.look(container, ".Config.Image") for s in SERVICES for container in town.containers(s)}
    assert running == {f"lianshan/{service}:latest" for service in SERVICES}
