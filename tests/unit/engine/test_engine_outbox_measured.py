"""The rows of the outbox as they are published, and its backlog as gauges show it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.engine.amqp.topology import apart_exchange
from shared.engine.decide.memory import START
from shared.engine.store.outbox import COUNT_MILLIS, Outbox, to_outgoing
from tests.city.prepared import PreparedDatabase


@pytest.fixture
def database() -> Any:
    return PreparedDatabase()


def test_the_backlog_is_every_event_of_every_row_and_the_instant_of_the_oldest(database: Any) -> None:
    assert Outbox(database).measure_backlog() == (0, None)
    for nth, events in enumerate((2, 3)):
        at = START + timedelta(minutes=1 - nth)
        database["outbox"].insert_one({"_id": nth, "at": at, "messages": [{"k": "key"}] * events})
    assert Outbox(database).measure_backlog() == (5, START)


def test_the_bytes_are_those_that_mongodb_counts_and_the_count_is_bounded_in_time(
    database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(database, "command", lambda command: asked.append(command) or {"size": 4096.0, "count": 9})
    size = Outbox(database).measure_bytes()
    assert (size, type(size)) == (4096, int)
    assert asked == [{"collStats": "outbox", "maxTimeMS": COUNT_MILLIS}]


def test_an_event_is_published_as_a_cloud_event_that_survives_a_restart_to_all_or_to_one_reader() -> None:
    row = {"k": "a.b.c.11", "b": b"{}", "i": "/boxes/red#1", "t": "a.b.c", "c": "x" * 300}
    sent = to_outgoing(row)
    assert (sent.exchange, sent.routing_key, sent.body) == ("lianshan.events", "a.b.c.11", b"{}")
    assert sent.properties == {
        "content_type": "application/cloudevents+json", "content_encoding": "utf-8", "delivery_mode": 2,
        "message_id": "/boxes/red#1", "type": "a.b.c", "correlation_id": "x" * 255,
    }  # fmt: skip
    assert to_outgoing(row, "charity.events") == replace(sent, exchange=apart_exchange("charity.events"))
