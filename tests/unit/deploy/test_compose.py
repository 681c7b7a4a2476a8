"""The compose stack as it is written: closed to the outside, limited, with a secret for everything it names."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

COMPOSE = Path(__file__).resolve().parents[3] / "deploy" / "compose"
SERVERS = {"rabbitmq", "mongo"}
OURS = {"stations", "charity", "volunteering", "notices", "jobs", "exports", "projector", "webhooks", "gateway"}
TRACING = {
    "LIANSHAN_OTLP_ENDPOINT": "${LIANSHAN_OTLP_ENDPOINT:-}",
    "LIANSHAN_TRACE_SAMPLE": "${LIANSHAN_TRACE_SAMPLE:-0.1}",
}


@pytest.fixture(scope="module")
def stack() -> dict[str, Any]:
    written: dict[str, Any] = yaml.load((COMPOSE / "compose.yaml").read_text(), yaml.CSafeLoader)
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


def test_the_access_log_outlives_the_containers_logs_by_six_months(stack: dict[str, Any]) -> None:
    gateway = stack["services"]["gateway"]
    folder = gateway["environment"]["LIANSHAN_ACCESS_LOG_FOLDER"]
    assert f"access_log:{folder}" in gateway["volumes"]
    assert "access_log" in stack["volumes"]
    assert gateway["environment"]["LIANSHAN_ACCESS_LOG_DAYS"] == "${LIANSHAN_ACCESS_LOG_DAYS:-190}"
    dockerfile = (COMPOSE.parent / "images" / "Dockerfile").read_text()
    # A volume takes the owner of the folder that the image has there; without one it is root's, and nothing is written.
    assert f"install -d -o lianshan -g lianshan -m 0700 {folder}\nUSER 10001:10001" in dockerfile


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


def test_tracing_is_told_to_every_service_and_off_by_default(stack: dict[str, Any]) -> None:
    for name in OURS:
        assert TRACING.items() <= stack["services"][name]["environment"].items(), name


def test_prometheus_asks_every_replica_of_every_service_where_it_tells_its_numbers() -> None:
    (lianshan,) = [job for job in _scrapes() if job["job_name"] == "lianshan"]
    asked = {name: found["port"] for found in lianshan["dns_sd_configs"] for name in found["names"]}
    assert asked == dict.fromkeys(OURS, 8081)
    assert lianshan["honor_labels"]


def _scrapes() -> list[dict[str, Any]]:
    jobs: list[dict[str, Any]] = yaml.load((COMPOSE / "prometheus.yml").read_text(), yaml.CSafeLoader)["scrape_configs"]
    return jobs


def test_prometheus_asks_as_often_and_loads_the_same_rules_in_containers_as_elsewhere() -> None:
    configurations = [COMPOSE / "prometheus.yml", COMPOSE.parent / "monitoring" / "prometheus.yml"]
    in_containers, elsewhere = (yaml.load(path.read_text(), yaml.CSafeLoader) for path in configurations)
    for part in ("global", "rule_files"):
        assert in_containers[part] == elsewhere[part]
