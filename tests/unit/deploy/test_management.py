"""RabbitMQ's management API: a broker that has just started has a fault for a moment, and one that refuses is heard."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from deploy.lianshan.access import broker
from deploy.lianshan.access.broker import AccessError, BrokerFaultError, Management
from shared.runtime.addresses import ClientTls


@contextmanager
def answering(*statuses: int) -> Iterator[tuple[Management, list[int]]]:
    """A management API that gives these answers, the last one from then on; and the answers given so far."""
    given: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given.append(statuses[min(len(given), len(statuses) - 1)])
            self.send_response(given[-1])
            self.end_headers()
            self.wfile.write(b'{"users": []}' if given[-1] == 200 else b"")

        def log_message(self, *_: object) -> None:
            """Keep still."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield Management(f"http://127.0.0.1:{server.server_port}", "user", "password", ClientTls()), given
        finally:
            server.shutdown()


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "START_PAUSE_SECONDS", 0.0)


def test_the_definitions_are_read_once_the_broker_has_started() -> None:
    with answering(500, 503, 200) as (management, given):
        assert management.read() == {"users": []}
    assert given == [500, 503, 200]


def test_a_fault_that_stays_is_reported_in_the_end() -> None:
    with answering(500) as (management, given), pytest.raises(BrokerFaultError, match="500"):
        management.read()
    assert len(given) == broker.START_TRIES


def test_a_refusal_is_reported_at_once() -> None:
    with answering(403) as (management, given), pytest.raises(AccessError, match="may not change users"):
        management.read()
    assert given == [403]
