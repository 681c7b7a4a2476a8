"""A running platform goes from the last tag to today's code, one service after the other, while needs keep coming."""

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
MODULES = {service: f"services.{service}" for service in SERVICES} | {"projector": "services.gateway.projector"}
# A version without LIANSHAN_…_FILE reads its secrets from the environment only.
START = """
for file in $$(env | sed -n 's/^\\(LIANSHAN_[A-Z_]*\\)_PASSWORD_FILE=.*/\\1/p'); do
    secret=$$(cat "$$(printenv "$${file}_PASSWORD_FILE")")
    address=$$(printenv "$${file}_URI" | sed "s#@#:$$secret@#")
    export "$${file}_URI=$$address"
done
if [ -e /run/secrets/data_key ]; then export LIANSHAN_DATA_KEY="$$(cat /run/secrets/data_key)"; fi
exec python -m """


def versions(previous: Sequence[str], *, administrator: bool = True) -> str:
    """An override that has these services run the code of the last tag, and the others today's.

    All as the administrator, for as long as the last tag's run: it knew of no user for each service.
    """
    return json.dumps(
        {"services": {service: _service(service, service in previous, administrator) for service in SERVICES}}
    )


def _service(service: str, is_previous: bool, administrator: bool) -> dict[str, object]:
    made: dict[str, object] = {"image": f"lianshan/{service}:{'previous' if is_previous else 'latest'}"}
    if administrator:
        made["environment"] = {
            "LIANSHAN_AMQP_URI": "amqp://admin@rabbitmq/",
            "LIANSHAN_AMQP_PASSWORD_FILE": "/run/secrets/admin_password",
            "LIANSHAN_MONGO_URI": "mongodb://admin@mongo/?replicaSet=rs0",
            "LIANSHAN_MONGO_PASSWORD_FILE": "/run/secrets/admin_password",
        }
        made["secrets"] = ["admin_password"]
    if is_previous:
        made["entrypoint"] = ["sh", "-ec", START + MODULES[service]]
    return made


@pytest.fixture(scope="module")
def override(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What compose is told beside its files: at first, that every service is the last tag's."""
    if not all(has_image(f"{service}:previous") for service in SERVICES):
        pytest.skip("no images of an earlier tag: `tests/docker/previous.sh` builds them where the clone has one")
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
    override.write_text(versions((), administrator=False))
    town.compose("up", "-d", "--no-build", "--no-deps", *AS_MANY, *SERVICES)
    town.wait_ready()
    day.holds_within(REPLACED, "upgraded")
    running = {town.look(container, ".Config.Image") for s in SERVICES for container in town.containers(s)}
    assert running == {f"lianshan/{service}:latest" for service in SERVICES}
