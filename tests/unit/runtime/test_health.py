"""The answers to a supervisor, a load balancer and Prometheus."""

import json
from typing import Any

import pytest

from shared.runtime.health import Check, HealthServer
from shared.runtime.metrics import EngineMetrics


def ask(path: str, **checks: Check) -> tuple[str, Any]:
    statuses: list[str] = []
    server = HealthServer("127.0.0.1", 0, "somewhere", checks)
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


def test_a_failing_check_is_a_number_too() -> None:
    lines = ask("/metrics", messages=lambda: "not connected", store=lambda: None)[1].splitlines()
    assert 'lianshan_ready{check="messages",service="somewhere"} 0.0' in lines
    assert 'lianshan_ready{check="store",service="somewhere"} 1.0' in lines


@pytest.mark.parametrize("outcome", ["decided", "refused", "dead_lettered"])
def test_counted_messages_appear_among_the_metrics(outcome: Any) -> None:
    metrics = EngineMetrics("somewhere", ["stations.need.published"])
    metrics.count_batch({("stations.need.published", outcome): 2})
    metrics.count("stations.need.published", outcome)
    line = f'lianshan_messages_total{{outcome="{outcome}",service="somewhere",type="stations.need.published"}} 3.0'
    assert line in ask("/metrics")[1].splitlines()


def test_types_that_nobody_knows_share_one_label() -> None:
    metrics = EngineMetrics("elsewhere", ["stations.need.published"])
    for number in range(1000):
        metrics.count(f"stranger.thing.{number}", "ignored")
    page = ask("/metrics")[1]
    assert 'lianshan_messages_total{outcome="ignored",service="elsewhere",type="unknown"} 1000.0' in page.splitlines()
    assert "stranger.thing" not in page


def test_how_late_messages_were_applied_is_counted_in_buckets() -> None:
    EngineMetrics("late").lag("event", [0.004, 0.3, 45.0, 4000.0, -2.0])
    lines = [line for line in ask("/metrics")[1].splitlines() if 'service="late"' in line]
    assert 'lianshan_lag_seconds_bucket{le="0.01",realm="event",service="late"} 2.0' in lines
    assert 'lianshan_lag_seconds_bucket{le="60.0",realm="event",service="late"} 4.0' in lines
    assert 'lianshan_lag_seconds_bucket{le="+Inf",realm="event",service="late"} 5.0' in lines
    assert 'lianshan_lag_seconds_sum{realm="event",service="late"} 4045.304' in lines
