"""The compose files as docker-compose reads them, with the values of its caller's environment."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from monitoring_files import ROOT, RULES

from services.charity.service import CharitySettings

pytestmark = pytest.mark.integration
COMPOSE = ROOT / "deploy" / "compose"
OURS = {"stations", "charity", "volunteering", "notices", "jobs", "exports", "projector", "webhooks", "gateway"}
TRACING = {"LIANSHAN_OTLP_ENDPOINT", "LIANSHAN_TRACE_SAMPLE"}


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Some of the files as docker-compose reads them, in an environment."""
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("docker-compose is not here")

    def ask(*files: str, **environment: str) -> dict[str, Any]:
        named = [part for file in files for part in ("-f", str(COMPOSE / file))]
        told = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LIANSHAN_SECRETS": str(tmp_path), **environment}
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
