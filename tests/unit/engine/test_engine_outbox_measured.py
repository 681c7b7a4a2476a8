"""The backlog of the outbox as its gauges show it: events and bytes that no reader has yet."""

from datetime import timedelta
from typing import Any

import pytest

from shared.engine.decide.memory import START
from shared.engine.store.outbox import COUNT_MILLIS, Outbox
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
