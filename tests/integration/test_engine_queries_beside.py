"""Queries and batches share a process: slow ones hold no batch up, and those beyond their bound are refused at once."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import amqp
import pytest
from amqp_stranger import Stranger, fill
from boxes import SERVICE
from engine_support import Room, until
from test_engine_reminders import row

pytestmark = pytest.mark.integration
QUERIES = 20
HERE = Path(__file__).parent


@pytest.fixture
def slow(here: Room, tmp_path: Path) -> Iterator[None]:
    """The slow service, running."""
    here.database.client.drop_database(here.database.name)  # the service makes its collections, and marks its release
    log = tmp_path / "slow.log"
    path = {"PYTHONPATH": f"{HERE}:{HERE.parent}:{HERE.parents[1]}"}
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, str(HERE / "slow_service.py")], env=here.isolated.environment | path, stderr=written
        )
    try:
        until(lambda: b'"started"' in log.read_bytes() or process.poll() is not None, "the service")
        assert process.poll() is None, log.read_text()
        yield
        process.terminate()
        assert process.wait(30) == 0, log.read_text()
    finally:
        process.kill()
        process.wait(10)


class Asker:
    """Someone who asks many queries at once."""

    def __init__(self, stranger: Stranger) -> None:
        self.channel: amqp.Channel = stranger.connection.channel()
        self.queue = self.channel.queue_declare("", exclusive=True).queue
        self.channel.queue_bind(self.queue, "nameko-rpc", self.queue)
        self.replies: list[dict[str, Any]] = []
        self.channel.basic_consume(self.queue, no_ack=True, callback=self._replied)

    def ask(self) -> None:
        """Ask for one need."""
        body = {"args": [{"type": "ReadNeed", "data": {"need_id": "red"}}], "kwargs": {}}
        message = amqp.Message(
            json.dumps(body), content_type="application/json", content_encoding="utf-8", reply_to=self.queue
        )
        self.channel.basic_publish(message, "nameko-rpc", f"{SERVICE}.ask")

    def _replied(self, message: amqp.Message) -> None:
        body = message.body
        self.replies.append(json.loads(body if isinstance(body, str) else bytes(body))["result"])


@pytest.mark.usefixtures("slow")
def test_batches_go_on_beside_twenty_slow_queries(here: Room, stranger: Stranger) -> None:
    assert stranger.ask(fill("first"))
    asker = Asker(stranger)
    for _ in range(QUERIES):
        asker.ask()
    here.database["timers"].insert_one(row("reminded"))
    waits = []
    for n in range(30):
        if len(asker.replies) == QUERIES:
            break  # a slow machine: later messages are no longer beside them
        sent = time.monotonic()
        stranger.ask(fill(f"box-{n}"))
        waits.append(time.monotonic() - sent)
    until(lambda: "reminded" in here.amounts(), "the timer", 20)
    assert len(waits) >= 5, "they were answered too soon for commands beside them"
    # A query keeps the store for twenty seconds; a busy machine keeps one or two of thirty commands for two.
    assert len([wait for wait in waits if wait >= 2]) <= 2, waits
    stranger.wait(lambda: len(asker.replies) == QUERIES, "every query is answered in time", 20)
    codes = Counter(reply["error"]["code"] for reply in asker.replies)
    assert set(codes) == {"deadline", "unavailable"}, codes
    assert codes["unavailable"] >= 4, "those beyond the bound are told to come again"


@pytest.mark.usefixtures("slow")
def test_a_query_that_the_bound_refuses_is_refused_within_seconds(stranger: Stranger) -> None:
    asker = Asker(stranger)
    began = time.monotonic()
    for _ in range(QUERIES):
        asker.ask()
    stranger.wait(lambda: bool(asker.replies), "the first refusal")
    assert time.monotonic() - began < 4
    error = asker.replies[0]["error"]
    assert (error["code"], error["rule"]) == ("unavailable", "too_many_waiting")
