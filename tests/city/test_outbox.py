"""The outbox keeps the same rules in memory and on MongoDB: an event stays until each reader has it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from shared.contracts.subscriptions import ARCHIVE_STREAM, EVENTS_EXCHANGE
from shared.engine.amqp.topology import readers_of
from shared.engine.store import outbox as outbox_module
from shared.engine.store.collections import OUTBOX
from shared.engine.store.commit import commit
from shared.engine.store.outbox import DELETE_SECONDS, DELETED_TOGETHER, Outbox, wait_after
from tests.city.kept import Kept, in_memory, in_mongodb, transaction


@pytest.fixture(params=[in_memory, pytest.param(in_mongodb, marks=pytest.mark.integration)], ids=lambda p: p.__name__)
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    make: Callable[[pytest.FixtureRequest], Iterator[Kept]] = request.param
    yield from make(request)


class Broker:
    """Takes events, but none that comes to the queue `full`, alone or among others."""

    def __init__(self, full: str = "") -> None:
        self.full = full
        self.sent: list[str] = []
        """Events by name, those for one reader with its queue."""
        self._refused: set[int] = set()

    def send(self, messages: Any) -> None:
        for nth, message in enumerate(messages):
            apart = "" if message.exchange == EVENTS_EXCHANGE else f" {message.exchange}"
            self.sent.append(message.properties["message_id"] + apart)
            if self.full and (not apart or apart == f" to.{self.full}"):
                self._refused.add(nth)

    def confirm(self) -> set[int]:
        refused, self._refused = self._refused, set()
        return refused

    def publish(self, messages: Any) -> set[int]:
        self.send(messages)
        return self.confirm()


def event_rows(*names: str) -> list[dict[str, Any]]:
    return [{"k": "test", "b": b"{}", "i": name, "t": "test", "c": ""} for name in names]


def publish(kept: Kept, broker: Broker, *names: str, by: Outbox | None = None) -> bool:
    """Publish the events and, without an outbox that goes on, delete their row."""
    stored = transaction(outbox=event_rows(*names), now=datetime.now(UTC) - timedelta(minutes=1))
    commit(kept.database, stored)
    outbox: Any = by or Outbox(kept.database)
    done = bool(outbox.publish(broker, stored.outbox, stored.outbox_ids))
    if by is None:
        outbox.delete_published()
    return done


def test_a_confirmed_event_leaves_the_outbox(kept: Kept) -> None:
    broker = Broker()
    assert publish(kept, broker, "e1", "e2")
    assert broker.sent == ["e1", "e2"]
    assert kept.database[OUTBOX].count_documents({}) == 0


def test_the_rows_of_published_events_are_deleted_together(kept: Kept) -> None:
    outbox, rows = Outbox(kept.database), kept.database[OUTBOX]
    outbox.delete_published(now=10.0)
    for name in ("e1", "e2"):
        publish(kept, Broker(), name, by=outbox)
    assert rows.count_documents({}) == 2
    outbox.delete_published(now=10.0)
    assert rows.count_documents({}) == 0, "the first time nothing has been deleted before"
    publish(kept, Broker(), "e3", by=outbox)
    outbox.delete_published(now=10.0 + DELETE_SECONDS / 2)
    assert rows.count_documents({}) == 1
    outbox.delete_published(now=10.0 + DELETE_SECONDS)
    assert rows.count_documents({}) == 0
    for number in range(DELETED_TOGETHER - 2):
        assert rows.count_documents({}) == number
        publish(kept, Broker(), f"many {number}", by=outbox)
    publish(kept, Broker(), "two", "at once", by=outbox)
    assert rows.count_documents({}) == 0, "many are not kept"


def test_rows_that_could_not_be_deleted_are_deleted_the_next_time(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_: object) -> None:
        raise AutoReconnect("MongoDB is away")

    outbox = Outbox(kept.database)
    publish(kept, Broker(), "e", by=outbox)
    with monkeypatch.context() as away:
        away.setattr(type(outbox._unacknowledged), "delete_many", lose)
        outbox.delete_published()
    assert kept.database[OUTBOX].count_documents({}) == 1
    outbox.delete_published()
    assert kept.database[OUTBOX].count_documents({}) == 0


def test_a_published_row_that_is_not_deleted_yet_is_published_again_after_a_kill(kept: Kept) -> None:
    publish(kept, Broker(), "e", by=Outbox(kept.database))
    broker: Any = Broker()
    assert Outbox(kept.database).sweep(broker) == 1
    assert broker.sent == ["e"]
    assert kept.database[OUTBOX].count_documents({}) == 0


def test_a_refused_event_stays_for_the_one_reader_that_refuses_it(kept: Kept) -> None:
    broker = Broker(full="gateway.events")
    assert not publish(kept, broker, "e1", "e2")
    assert broker.sent[2:] == [f"{name} to.{queue}" for queue in readers_of("test") for name in ("e1", "e2")]
    (row,) = kept.database[OUTBOX].find({})
    assert row["to"] == ["gateway.events"]


def test_an_event_that_a_queue_beside_the_plan_refuses_reaches_every_reader_and_is_done(kept: Kept) -> None:
    broker = Broker(full="a queue of an agency")
    assert publish(kept, broker, "e")
    assert kept.database[OUTBOX].count_documents({}) == 0


def test_a_private_event_reaches_the_platforms_readers_apart_and_no_agency(kept: Kept) -> None:
    broker = Broker()
    breach = {"k": "stations.breach.recorded.11", "b": b"{}", "i": "b1", "t": "stations.breach.recorded", "c": ""}
    stored = transaction(outbox=[*event_rows("e1"), breach], now=datetime.now(UTC) - timedelta(minutes=1))
    commit(kept.database, stored)
    outbox: Any = Outbox(kept.database)
    assert outbox.publish(broker, stored.outbox, stored.outbox_ids)
    outbox.delete_published()
    assert broker.sent == ["e1", f"b1 to.{ARCHIVE_STREAM}", "b1 to.gateway.events"]
    assert kept.database[OUTBOX].count_documents({}) == 0


def test_a_private_event_that_a_reader_refuses_waits_for_it_and_stays_private(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "wait_after", lambda _: -1)
    breach = {"k": "stations.breach.recorded.11", "b": b"{}", "i": "b1", "t": "stations.breach.recorded", "c": ""}
    stored = transaction(outbox=[breach], now=datetime.now(UTC) - timedelta(minutes=1))
    commit(kept.database, stored)
    outbox: Any = Outbox(kept.database)
    assert not outbox.publish(Broker(full="gateway.events"), stored.outbox, stored.outbox_ids)
    broker: Any = Broker()
    assert outbox.sweep(broker) == 1
    assert broker.sent == ["b1 to.gateway.events"]


def test_a_sweep_publishes_old_rows_alone_and_oldest_first(kept: Kept) -> None:
    now = datetime.now(UTC)
    for name, age in (("old", 60), ("older", 90), ("new", 0)):
        commit(kept.database, transaction(outbox=event_rows(name), now=now - timedelta(seconds=age)))
    broker: Any = Broker()
    assert Outbox(kept.database).sweep(broker) == 2
    assert broker.sent == ["old", "older"], "in the order in which they were committed"
    assert [row["messages"][0]["i"] for row in kept.database[OUTBOX].find({})] == ["new"]


def test_a_refused_row_is_swept_to_the_refusing_reader_alone_and_ever_more_rarely(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[int] = []

    def note(tries: int) -> int:
        waited.append(tries)
        return -1

    monkeypatch.setattr(outbox_module, "wait_after", note)
    publish(kept, Broker(full="gateway.events"), "e1", "e2")
    refusing, taking = Broker(full="gateway.events"), Broker()
    outbox: Any = Outbox(kept.database)
    assert outbox.sweep(refusing) == outbox.sweep(refusing) == 0
    assert waited == [0, 1, 2]
    assert outbox.sweep(taking) == 1
    assert taking.sent == refusing.sent[:2] == ["e1 to.gateway.events", "e2 to.gateway.events"]


def test_a_sweep_asks_a_refusing_reader_once_and_serves_the_others(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "wait_after", lambda _: -1)
    for name in ("e1", "e2"):
        publish(kept, Broker(full="gateway.events"), name)
    publish(kept, Broker(full=ARCHIVE_STREAM), "e3")
    broker: Any = Broker(full="gateway.events")
    assert Outbox(kept.database).sweep(broker) == 1
    assert broker.sent == ["e1 to.gateway.events", f"e3 to.{ARCHIVE_STREAM}"]


def test_the_wait_after_a_refusal_grows_to_a_minute_and_is_never_the_same_for_all() -> None:
    waits = [[wait_after(tries) for _ in range(50)] for tries in range(40)]
    assert all(500 <= wait <= 1_000 for wait in waits[0])
    assert all(30_000 <= wait <= 60_000 for wait in waits[39])
    assert len(set(waits[10])) > 1


def test_a_row_that_one_replica_sweeps_is_left_to_it_by_another(kept: Kept) -> None:
    commit(kept.database, transaction(outbox=event_rows("e1"), now=datetime.now(UTC) - timedelta(minutes=1)))
    ours, theirs = Broker(), Broker()
    outbox: Any = Outbox(kept.database)

    class Slow(Broker):
        def confirm(self) -> set[int]:
            assert Outbox(kept.database).sweep(theirs) == 0  # type: ignore[arg-type]
            return ours.confirm()

    assert outbox.sweep(Slow()) == 1
    assert theirs.sent == []
    assert kept.database[OUTBOX].count_documents({}) == 0
