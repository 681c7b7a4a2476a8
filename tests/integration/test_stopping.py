"""A service stops when it is told to, also while a server is away, and can be asked again soon after."""

import signal
import time
from pathlib import Path

import httpx
import pytest
from engine_support import until
from ports import free_port
from service_processes import start_service
from stacks import NO_TLS, Isolated
from wire import proxy

pytestmark = pytest.mark.integration

PROMPTLY = 8.0
"""Seconds: a store that is away is waited for three of them, twice."""


@pytest.mark.parametrize("away", ["broker", "store"])
def test_a_service_stops_while_a_server_is_away(isolated: Isolated, tmp_path: Path, away: str) -> None:
    isolated.declare()
    port = free_port()
    with proxy(isolated.amqp_uri) as broker, proxy(isolated.mongo_uri) as store:
        environment = isolated.environment | {
            "LIANSHAN_AMQP_URI": broker.uri,
            "LIANSHAN_MONGO_URI": store.uri,
            "LIANSHAN_HEALTH_PORT": str(port),
        }
        process = start_service("charity", environment, tmp_path / "charity.log")
        try:
            until(lambda: ready(port), "the service")
            (broker if away == "broker" else store).cut()
            until(lambda: b"_lost" in (tmp_path / "charity.log").read_bytes() or not ready(port), "it to notice")
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0, (tmp_path / "charity.log").read_text()
            assert time.monotonic() - began < PROMPTLY
        finally:
            process.kill()
            process.wait(10)


def ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10, verify=NO_TLS).status_code == 200
    except httpx.TransportError:
        return False
