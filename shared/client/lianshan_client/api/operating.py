"""Calls of operating: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from ..answers.operating import Alive, Readiness
from ..calls import Call


def read_health() -> Call[Alive]:
    """Answer that the process is alive."""
    return Call("GET", "/healthz")


def read_readiness() -> Call[Readiness]:
    """Answer whether RabbitMQ and MongoDB can be reached, with 503 where one cannot."""
    return Call("GET", "/readyz")


def read_metrics() -> Call[str]:
    """Show the metrics of this process, for Prometheus. The port for probes shows them without a key."""
    return Call("GET", "/metrics")
