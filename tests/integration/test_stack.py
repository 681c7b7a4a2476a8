"""The embedded stack as an operator meets it: up, in the way of nothing, down without a trace."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from lianshan_command import lianshan
from ports import free_port
from stacks import NO_TLS, Isolated, RunningStack, running_stack
from waiting import until

from deploy.lianshan.local.folder import read_json
from deploy.lianshan.local.processes import Identity, find_marked
from deploy.lianshan.local.services import answers
from deploy.lianshan.local.state import is_up
from deploy.lianshan.local.supervisor import StartFailedError

pytestmark = pytest.mark.integration

COMMUNITY = "110102009001"


def open_station(stack: RunningStack, name: str) -> str:
    with stack.client() as client:
        answer = client.post(
            "/v1/stations",
            json={"area": COMMUNITY, "name": name, "level": "station"},
            headers={"Idempotency-Key": name.replace(" ", "-")},
        )
    answer.raise_for_status()
    return str(answer.json()["id"])


def test_the_addresses_are_as_documented_and_for_the_owner_only(stack: RunningStack) -> None:
    assert set(stack.addresses) == {"gateway_url", "admin_token", "amqp_uri", "mongo_uri"}
    assert stat.S_IMODE(stack.folder.stack_file.stat().st_mode) == 0o600
    assert httpx.get(f"{stack.addresses['gateway_url']}/readyz", verify=NO_TLS).status_code == 200


def test_everything_listens_on_the_loopback_only(stack: RunningStack) -> None:
    listening = subprocess.run(["/bin/cat", "/proc/net/tcp"], capture_output=True, text=True, check=True).stdout
    sockets = [line.split()[1].split(":") for line in listening.splitlines()[1:] if line.split()[3] == "0A"]
    ports = set(read_json(stack.folder.root / "ports.json").values())
    ours = {int(port, 16): address for address, port in sockets if int(port, 16) in ports}
    assert {ours.get(port) for port in ports - {stack.folder.known_port("erlang")}} == {"0100007F"}


def test_a_new_stack_knows_the_communities_of_zhanlan_road(stack: RunningStack) -> None:
    with stack.client() as client:
        assert client.get("/v1/areas/110102009").json()["name"] == "展览路街道"
        assert client.get(f"/v1/areas/{COMMUNITY}").status_code == 200


def test_a_killed_service_comes_back_and_does_its_work(stack: RunningStack) -> None:
    before = stack.processes()["stations"]
    os.kill(before["pid"], signal.SIGKILL)

    def is_back() -> bool:
        now = stack.processes()["stations"]
        return now["pid"] not in {None, before["pid"]} and answers(now["ready_url"])

    until(is_back, "the restart of stations")
    assert stack.processes()["stations"]["restarts"] == before["restarts"] + 1
    assert open_station(stack, "Station after a restart")


@pytest.mark.long
def test_a_second_stack_runs_beside_it_survives_a_crash_and_leaves_nothing(stack: RunningStack, tmp_path: Path) -> None:
    with running_stack(tmp_path / "var", "--replicas", "charity=2") as other:
        assert {"charity", "charity-2"} <= other.processes().keys()
        scaled = [sys.executable, "-m", "deploy.lianshan.cli", "scale"]
        for service, number in (("charity", "1"), ("volunteering", "2")):
            subprocess.run([*scaled, service, number], env=other.environment, check=True, timeout=60)
        assert {"charity", "volunteering", "volunteering-2"} <= other.processes().keys()
        assert "charity-2" not in other.processes()
        assert not set(other.addresses.values()) & set(stack.addresses.values())
        station = open_station(other, "Station that must stay")

        supervisor = Identity.read(read_json(other.folder.supervisor_file))
        assert supervisor is not None
        os.kill(supervisor.pid, signal.SIGKILL)
        until(lambda: not is_up(other.folder), "the supervisor's death")
        assert find_marked(other.folder.secrets["mark"]), "the services go on without their supervisor"
        told = lianshan(other.environment, "status", "--lang", "en")
        assert told.returncode == 1, told.stderr
        assert "the stack's supervisor has ended, 13 processes run on" in told.stdout
        assert {"mongod", "charity", "volunteering-2"} <= {line.partition(" ")[0] for line in told.stdout.splitlines()}
        assert "the supervisor has ended" in lianshan(other.environment, "scale", "charity", "2").stderr
        for name in ("mongod", "rabbitmq", "charity"):
            identity = other.identity(name)
            assert identity is not None
            os.kill(identity.pid, signal.SIGKILL)

        other.start()
        with other.client() as client:
            assert client.get(f"/v1/stations/{station}").json()["name"] == "Station that must stay"
        with pytest.raises(StartFailedError, match="lianshan down"):
            other.start(seconds=30.0)

        assert other.down()
        assert find_marked(other.folder.secrets["mark"]) == []
        assert not other.folder.stack_file.exists()
    assert httpx.get(f"{stack.addresses['gateway_url']}/readyz", verify=NO_TLS).status_code == 200


@pytest.mark.long
def test_servers_of_your_own_are_used_instead(
    isolated: Isolated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIANSHAN_AMQP_URI", isolated.amqp_uri)
    monkeypatch.setenv("LIANSHAN_MONGO_URI", isolated.mongo_uri)
    monkeypatch.setenv("LIANSHAN_DATABASE_PREFIX", isolated.database_prefix)
    with running_stack(tmp_path / "var") as own:
        assert not {"mongod", "rabbitmq", "epmd"} & own.processes().keys()
        assert own.addresses["amqp_uri"] == isolated.amqp_uri
        assert own.addresses["mongo_uri"] == isolated.mongo_uri
        assert open_station(own, "Station on servers of our own")


def test_a_service_runs_under_nameko_run_too_and_stops_when_asked(isolated: Isolated, tmp_path: Path) -> None:
    isolated.declare()
    port = free_port()
    nameko = Path(sys.executable).with_name("nameko")
    with (tmp_path / "nameko.log").open("wb") as log:
        process = subprocess.Popen(
            [nameko, "run", "--broker", isolated.amqp_uri, "services.stations.service:StationsService"],
            env={**isolated.environment, "LIANSHAN_HEALTH_PORT": str(port)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/readyz"), "its readiness")
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait(10)


@pytest.mark.parametrize(
    "service",
    [
        "stations",
        "charity",
        "volunteering",
        "volunteering.worker",
        "stations.worker",
        "gateway",
        "gateway.projector",
        "gateway.webhooks",
        "gateway.exports",
    ],
)
def test_a_service_without_settings_says_what_is_missing_and_ends(service: str) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LIANSHAN_")}
    done = subprocess.run(
        [sys.executable, "-m", f"services.{service}"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert lines
    assert all(line.startswith("LIANSHAN_") and "is missing; set it to" in line for line in lines)
