"""The compose stack as it is written: closed to the outside, limited, with a secret for everything it names."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from monitoring_files import RULES, promtool

from services.charity.service import CharitySettings

COMPOSE = Path(__file__).resolve().parents[3] / "deploy" / "compose"
SERVERS = {"rabbitmq", "mongo"}
OURS = {"stations", "charity", "volunteering", "projector", "gateway"}
TRACING = {"LIANSHAN_OTLP_ENDPOINT", "LIANSHAN_TRACE_SAMPLE"}


@pytest.fixture(scope="module")
def stack() -> dict[str, Any]:
    written: dict[str, Any] = yaml.safe_load((COMPOSE / "compose.yaml").read_text())
    return written


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the secrets' script fills."""
    folder = tmp_path_factory.mktemp("made") / "secrets"
    subprocess.run([COMPOSE / "secrets.sh", folder], check=True, timeout=10)
    return folder


def test_only_the_gateway_has_a_port_on_the_host(stack: dict[str, Any]) -> None:
    assert {name for name, service in stack["services"].items() if service.get("ports")} == {"gateway"}


def test_nothing_keeps_a_service_from_running_several_times(stack: dict[str, Any]) -> None:
    for name, service in stack["services"].items():
        assert "container_name" not in service
        assert name in {*SERVERS, "gateway"} or not {"hostname", "ports"} & service.keys()


def test_every_container_is_limited_and_may_do_nothing_special(stack: dict[str, Any]) -> None:
    for name, service in stack["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert {"mem_limit", "cpus", "pids_limit", "logging"} <= service.keys(), name
        assert service.get("read_only") or name == "rabbitmq", name


def test_the_script_makes_every_secret_that_the_stack_names(stack: dict[str, Any], made: Path) -> None:
    named = {str(secret["file"]).rpartition("/")[2] for secret in stack["secrets"].values()}
    assert named == {path.name for path in made.iterdir()}
    assert all(path.read_text().strip() for path in made.iterdir())
    assert made.stat().st_mode & 0o077 == 0, "others can look into the folder"


def test_no_secret_is_written_into_the_stack_or_made_twice_alike(made: Path, tmp_path: Path) -> None:
    subprocess.run([COMPOSE / "secrets.sh", tmp_path], check=True, timeout=10)
    alike = [path.name for path in made.iterdir() if path.read_bytes() == (tmp_path / path.name).read_bytes()]
    assert not alike
    for file in COMPOSE.glob("*.yaml"):
        assert "password:" not in file.read_text().replace("_password:\n", "")


def test_secrets_that_are_there_stay(made: Path) -> None:
    before = {path.name: path.read_bytes() for path in made.iterdir()}
    subprocess.run([COMPOSE / "secrets.sh", made], check=True, timeout=10)
    assert {path.name: path.read_bytes() for path in made.iterdir()} == before


# ---- as docker-compose reads it --------------------------------------------------------------------------


@pytest.fixture
def read(made: Path, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """What docker-compose makes of some of the files, in an environment."""
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("docker-compose is not here")

    def ask(*files: str, **environment: str) -> dict[str, Any]:
        named = [part for file in files for part in ("-f", str(COMPOSE / file))]
        told = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LIANSHAN_SECRETS": str(made), **environment}
        done = subprocess.run(
            [program, *named, "config"], env=told, capture_output=True, text=True, timeout=30, check=False
        )
        assert done.returncode == 0, done.stderr
        said: dict[str, Any] = yaml.safe_load(done.stdout)
        return said

    return ask


def _tracing(stack: dict[str, Any]) -> dict[str, dict[str, str]]:
    told = {name: service.get("environment", {}) for name, service in stack["services"].items()}
    return {
        name: {key: str(of[key]) for key in TRACING & of.keys()} for name, of in told.items() if TRACING & of.keys()
    }


def test_a_collector_that_is_named_is_told_to_every_service(read: Callable[..., dict[str, Any]]) -> None:
    named = {"LIANSHAN_OTLP_ENDPOINT": "http://collector:4318", "LIANSHAN_TRACE_SAMPLE": "0.5"}
    assert _tracing(read("compose.yaml", **named)) == dict.fromkeys(OURS, named)


@pytest.mark.parametrize("empty", [{}, dict.fromkeys(TRACING, "")])
def test_nothing_is_traced_unless_a_collector_is_named(
    read: Callable[..., dict[str, Any]], empty: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = _tracing(read("compose.yaml", **empty))
    assert told.keys() == OURS
    for name, value in {**told["stations"], "LIANSHAN_DATA_KEY": "A" * 43 + "="}.items():
        monkeypatch.setenv(name, value)
    settings = CharitySettings(amqp_uri="amqp://x/", mongo_uri="mongodb://x/")
    assert (settings.otlp_endpoint, settings.trace_sample) == ("", 0.1)


def test_prometheus_beside_the_stack_is_limited_like_it_and_seen_from_this_host_alone(
    read: Callable[..., dict[str, Any]],
) -> None:
    service = read("compose.yaml", "monitoring.yaml")["services"]["prometheus"]
    assert [str(port) for port in service["ports"]] == ["127.0.0.1:9090:9090/tcp"]
    assert {"mem_limit", "cpus", "pids_limit", "logging", "read_only"} <= service.keys()
    assert (service["cap_drop"], service["security_opt"]) == (["ALL"], ["no-new-privileges:true"])
    assert "inside" in service["networks"]
    sources = [Path(str(volume).partition(":")[0]) for volume in service["volumes"]]
    assert RULES in sources
    assert all(path.exists() for path in sources if path.is_absolute())


def test_prometheus_asks_every_replica_of_every_service_where_it_tells_its_numbers() -> None:
    (lianshan,) = [job for job in _scrapes() if job["job_name"] == "lianshan"]
    asked = {name: found["port"] for found in lianshan["dns_sd_configs"] for name in found["names"]}
    assert asked == {**dict.fromkeys(OURS, 8081), "gateway": 8080}
    assert lianshan["honor_labels"]


def test_prometheus_understands_its_configuration_and_the_rules_beside_it(tmp_path: Path) -> None:
    shutil.copy(COMPOSE / "prometheus.yml", tmp_path)
    shutil.copytree(RULES, tmp_path / "rules")
    checked = promtool("check", "config", str(tmp_path / "prometheus.yml"))
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.count("rules found") == len(list(RULES.glob("*.yaml")))


def _scrapes() -> list[dict[str, Any]]:
    jobs: list[dict[str, Any]] = yaml.safe_load((COMPOSE / "prometheus.yml").read_text())["scrape_configs"]
    return jobs
