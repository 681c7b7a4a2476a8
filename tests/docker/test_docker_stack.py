"""In containers: the main job is done, each service scales alone, a container that dies or is cut off loses nothing."""

import os
import signal
import subprocess
from collections.abc import Callable

import httpx
import pytest
from docker_load import SteadyTrial
from docker_town import SERVICES, Town, docker, scale_up
from fault_city import until
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from shared.engine.amqp.broker import BrokerUnreachableError, connect
from shared.runtime.settings import EXIT_BAD_SETTINGS

pytestmark = [pytest.mark.docker, pytest.mark.timeout(240)]

RESUMED = 5.0
"""Seconds after which a killed replica's work goes on."""
RESTARTED = 30.0
"""Seconds that the restart of a server may cost."""
CUT_OFF = 20
"""Seconds for which a service is taken off the network."""

Trials = Callable[..., SteadyTrial]


def test_a_day_of_needs_from_published_to_confirmed(town: Town, trial: Trials) -> None:
    day = trial(town, 5)
    day.load.begin()
    day.holds_within(RESUMED, "one container of each")
    with day.load.town.database("stations") as database:
        assert database["needs"].count_documents({"state": "evaluated"}) > 0


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_can_do_no_more_than_it_must(town: Town, service: str) -> None:
    (container,) = town.containers(service)
    assert docker("exec", container, "id", "-u") == "10001"
    with pytest.raises(AssertionError, match="Read-only file system"):
        docker("exec", container, "sh", "-c", "echo >/app/changed")
    assert "CapEff:\t0000000000000000" in docker("exec", container, "cat", "/proc/1/status")
    environment = docker("exec", container, "env")
    assert not [file.name for file in town.secrets.iterdir() if file.read_text().strip() in environment]


def test_only_the_gateway_can_be_reached_from_outside(town: Town) -> None:
    open_ports = {s: docker("port", c) for s in (*SERVICES, "rabbitmq", "mongo") for c in town.containers(s)}
    assert [service for service, ports in open_ports.items() if ports] == ["gateway"]
    assert httpx.get(f"{town.gateway_url}/v1/needs").status_code == 401


def test_no_server_lets_anyone_in_without_a_generated_password(town: Town) -> None:
    (rabbitmq,), (mongo,) = town.containers("rabbitmq"), town.containers("mongo")
    with pytest.raises(BrokerUnreachableError):
        connect(f"amqp://guest:guest@{town.address(rabbitmq)}/", "stranger")
    with (
        MongoClient[dict[str, object]](town.address(mongo), directConnection=True) as client,
        pytest.raises(OperationFailure, match="requires authentication"),
    ):
        client["stations"]["needs"].find_one()


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_without_settings_names_each_that_is_missing(engine: None, service: str) -> None:
    command = ["docker", "run", "--rm", f"lianshan/{service}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == EXIT_BAD_SETTINGS
    assert {"LIANSHAN_AMQP_URI", "LIANSHAN_MONGO_URI"} <= {line.split(":")[0] for line in done.stderr.splitlines()}
    assert "Traceback" not in done.stderr


def test_a_wrong_administrators_password_is_told_in_a_line(town: Town) -> None:
    other = "LIANSHAN_MONGO_PASSWORD_FILE=/run/secrets/stations.mongo_password"
    with pytest.raises(AssertionError, match="does not let admin in: correct LIANSHAN_MONGO_URI") as told:
        town.compose("run", "--rm", "--no-deps", "-e", other, "prepare", "lianshan first-start")
    assert "Traceback" not in str(told.value)


def test_charity_cannot_read_what_volunteering_keeps(town: Town) -> None:
    (mongo,) = town.containers("mongo")
    address = f"mongodb://charity:{town.secret('charity.mongo_password')}@{town.address(mongo)}/?directConnection=true"
    with MongoClient[dict[str, object]](address) as client:
        assert client["charity"]["inbox"].count_documents({}) > 0
        with pytest.raises(OperationFailure, match="not authorized"):
            client["volunteering"]["volunteers"].find_one()


def test_charity_and_volunteering_are_scaled_up_under_load(town: Town, trial: Trials) -> None:
    day = trial(town, 15)
    day.load.begin()
    day.load.wait_for(0.2)
    scale_up(town)
    day.holds_within(RESUMED, "scaled up under load")


def test_killed_replicas_leave_their_work_to_the_others(scaled: Town, trial: Trials) -> None:
    day = trial(scaled, 12)
    day.load.begin()
    killed = []
    for nth, service in enumerate(("charity", "volunteering", "charity")):
        day.load.wait_for((nth + 1) / 4)
        killed.append(scaled.containers(service)[0])
        docker("kill", killed[-1])
    day.holds_within(RESUMED, "replicas killed")
    docker("start", *killed)


def test_services_that_die_alone_are_started_again(scaled: Town, trial: Trials) -> None:
    day = trial(scaled, 10)
    day.load.begin()
    alone = ("projector", "stations")
    for nth, service in enumerate(alone):
        day.load.wait_for((nth + 1) / 4)
        (container,) = scaled.containers(service)
        os.kill(int(scaled.look(container, ".State.Pid")), signal.SIGKILL)
    day.holds_within(2 * RESUMED, "services died")
    assert all(scaled.look(c, ".RestartCount") == "1" for service in alone for c in scaled.containers(service))


def test_every_container_is_stopped_and_started_one_after_the_other(scaled: Town, trial: Trials) -> None:
    day = trial(scaled, 35)
    day.load.begin()
    for service in SERVICES:
        for container in scaled.containers(service):
            docker("stop", "--time", "25", container)
            assert scaled.look(container, ".State.ExitCode") == "0", (
                f"{service} did not end by itself when told to stop"
            )
            docker("start", container)
            until(lambda container=container: scaled.is_ready(container), f"{service} to be ready")  # type: ignore[misc]
    day.holds_within(RESTARTED, "rolling restart")


@pytest.mark.parametrize("server", ["rabbitmq", "mongo"])
def test_a_server_is_restarted_under_load(scaled: Town, trial: Trials, server: str) -> None:
    day = trial(scaled, 20)
    day.load.begin()
    day.load.wait_for(0.3)
    (container,) = scaled.containers(server)
    docker("restart", "--time", "60", container)
    day.holds_within(RESTARTED, f"{server} restarted")


def test_a_service_is_cut_off_for_a_while(scaled: Town, trial: Trials) -> None:
    day = trial(scaled, 28, 10)
    day.load.begin()
    day.load.wait_for(0.2)
    cut_off = scaled.containers("charity")
    for container in cut_off:
        docker("network", "disconnect", scaled.network, container)
    before = len(day.load.sent)
    until(lambda: len(day.load.sent) >= before + CUT_OFF * day.load.rate, "the time to be over")
    for container in cut_off:
        docker("network", "connect", scaled.network, container)
    day.holds_within(CUT_OFF + RESTARTED, "charity cut off")
