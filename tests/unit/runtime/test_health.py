"""What a supervisor, a load balancer and Prometheus are answered."""

import json
from typing import Any

import pytest

from shared.runtime.health import Check, HealthServer
from shared.runtime.metrics import EngineMetrics


def ask(path: str, **checks: Check) -> tuple[str, Any]:
    statuses: list[str] = []
    server = HealthServer("127.0.0.1", 0, checks)
    body = b"".join(server._answer({"PATH_INFO": path}, lambda status, _: statuses.append(status)))
    return statuses[0], body.decode()


def store_is_gone() -> str | None:
    raise ConnectionRefusedError("no MongoDB at localhost:27017")


def test_it_is_alive_even_when_it_is_not_ready() -> None:
    assert ask("/healthz", store=store_is_gone)[0] == "200 OK"


def test_it_is_ready_when_every_check_passes() -> None:
    status, body = ask("/readyz", store=lambda: None, messages=lambda: None)
    assert status == "200 OK"
    assert json.loads(body) == {"status": "ready", "wrong": {}}


def test_it_is_not_ready_while_a_check_fails_and_says_which_and_why() -> None:
    status, body = ask("/readyz", messages=lambda: "not connected", store=store_is_gone, other=lambda: None)
    assert status == "503 Service Unavailable"
    wrong = json.loads(body)["wrong"]
    assert wrong["messages"] == "not connected"
    assert "no MongoDB" in wrong["store"]
    assert "other" not in wrong


def test_another_path_is_told_what_there_is() -> None:
    assert ask("/")[0] == "404 Not Found"


@pytest.mark.parametrize("outcome", ["done", "refused", "dead"])
def test_counted_messages_appear_among_the_metrics(outcome: Any) -> None:
    metrics = EngineMetrics("somewhere")
    metrics.count("stations.need.published", outcome, 2)
    metrics.count("stations.need.published", outcome)
    line = f'lianshan_messages_total{{outcome="{outcome}",service="somewhere",type="stations.need.published"}} 3.0'
    assert line in ask("/metrics")[1].splitlines()
