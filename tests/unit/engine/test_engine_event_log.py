"""The log of events is read as if from the service's own queue, and a short queue proves that nothing was dropped."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Self

import pytest

from shared.contracts.subscriptions import ARCHIVE_STREAM
from shared.engine.amqp import event_log
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.event_log import (
    AHEAD,
    END_SECONDS,
    LOG_START,
    MOST_WAITING,
    BrokerLog,
    LogPlace,
    LogReader,
    as_delivered,
    may_have_dropped,
)

OFFSET = "x-stream-offset"
STREAM = [ARCHIVE_STREAM]
PUBLISHED, LINKED = "stations.need.published.110102009017", "charity.link.made.110102009017"


def logged(offset: object, key: str = PUBLISHED, **properties: Any) -> Delivery:
    headers = {} if offset is None else {OFFSET: offset}
    whole = {"message_id": f"e{offset}", "application_headers": headers, **properties}
    return Delivery(ARCHIVE_STREAM, 1, b"{}", whole, key, redelivered=False)


class Log:
    """A connection and a consumer of the log: each take brings the next of `comes`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.calls = 10.0, []  # type: ignore[var-annotated]
        self.comes: list[list[Delivery]] = []
        self.receivers: dict[int, Callable[..., None]] = {}
        self.waiting, self.consumers, self.channel_id = 0, 0, 7
        self.end: list[dict[str, Any]] = []
        for name, fake in {
            "connect": lambda uri, name: self.note("connect", uri, name),
            "Consumer": lambda _, prefetch, arguments: self.note("consume", prefetch, arguments),
            "keep_alive": lambda _: self.note("heartbeat"),
            "close_quietly": lambda _: self.note("close"),
            "monotonic": lambda: self.now,
        }.items():
            monkeypatch.setattr(event_log, name, fake)

    def note(self, *call: Any) -> Self:
        self.calls.append(call)
        return self

    def take(self, limit: int, max_bytes: int, wait: float) -> list[Delivery]:
        self.note("take", limit, max_bytes, wait)
        return self.comes.pop(0) if self.comes else []

    def ack(self, deliveries: list[Delivery]) -> None:
        self.note("ack", len(deliveries))

    def channel(self) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.note("channel closed")

    def queue_declare(self, name: str, *, passive: bool) -> tuple[str, int, int]:
        self.note("look", name, passive)
        return name, self.waiting, self.consumers

    def basic_qos(self, size: int, count: int, *, a_global: bool) -> None:
        self.note("qos", size, count, a_global)

    def basic_consume(self, queue: str, arguments: Any) -> None:
        self.note("read", queue, arguments)

    def drain_events(self, timeout: float) -> None:
        self.note("wait", round(timeout, 3))
        self.now += 0.2
        if not self.end:
            raise TimeoutError
        self.receivers[self.channel_id](1, False, PUBLISHED, self.end.pop(0), b"{}")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    return Log(monkeypatch)


def reading(log: Log, start: LogPlace = LOG_START, openings: int = 0, *, applied: bool = False) -> LogReader:
    return LogReader("amqp://broker", "charity", start, openings, applied=applied)


# ---- proof from lengths ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("waiting", "consumers", "dropped"),
    [(0, 0, False), (99, 0, True), (78, 0, False), (79, 0, True), (68, 1, False), (69, 1, True), (59, 2, True)],
)
def test_a_queue_with_room_for_all_that_may_have_been_received_has_dropped_nothing(
    waiting: int, consumers: int, dropped: bool
):
    assert may_have_dropped(waiting, consumers, received=10, holds=100) is dropped


def test_an_events_queue_holds_65536_of_the_largest_events():
    assert MOST_WAITING == 65_536 == BrokerLog.holds


def test_the_length_of_the_services_own_queue_is_looked_at_and_not_changed(log: Log):
    found = BrokerLog("amqp://broker", "charity")
    found.connection, log.waiting, log.consumers = log, 17, 3  # type: ignore[assignment]
    assert found.measure() == (17, 3)
    assert log.calls == [("look", "charity.events", True), ("channel closed",)]


# ---- places ----------------------------------------------------------------------------------------------------


def test_the_end_of_the_log_is_the_place_of_the_first_event_that_comes(log: Log):
    found = BrokerLog("amqp://broker", "charity")
    found.connection = log  # type: ignore[assignment]
    log.end = [logged(41).properties, logged(42).properties]
    assert found.find_end() == LogPlace(41, "e41")
    assert log.calls == [
        ("qos", 0, 1, False), ("read", ARCHIVE_STREAM, {OFFSET: "last"}), ("wait", END_SECONDS), ("channel closed",),
    ]  # fmt: skip
    assert log.receivers == {}, "nobody hears what comes while the channel closes"


def test_an_instant_is_asked_for_as_it_is(log: Log):
    found = BrokerLog("amqp://broker", "charity")
    found.connection, instant = log, datetime(2026, 3, 2, tzinfo=UTC)  # type: ignore[assignment]
    log.end = [logged(7).properties]
    assert found.find_since(instant) == LogPlace(7, "e7")
    assert ("read", ARCHIVE_STREAM, {OFFSET: instant}) in log.calls


def test_an_empty_log_is_waited_for_half_a_second_and_begins_at_its_start(log: Log):
    found = BrokerLog("amqp://broker", "charity")
    found.connection = log  # type: ignore[assignment]
    assert found.find_end() == LogPlace(0, "")
    assert [call[1] for call in log.calls if call[0] == "wait"] == [0.5, 0.3, 0.1]


def test_an_end_whose_headers_cannot_be_read_counts_as_the_start(log: Log):
    found = BrokerLog("amqp://broker", "charity")
    found.connection = log  # type: ignore[assignment]
    log.end = [{}]
    assert found.find_end() == LOG_START


# ---- reading ---------------------------------------------------------------------------------------------------


def test_the_log_is_read_from_the_place_on_over_a_connection_of_its_own(log: Log):
    reader = BrokerLog("amqp://broker", "charity").read(LogPlace(40, "e40"), 2, applied=True)
    assert log.calls == [
        ("connect", "amqp://broker", "charity log"),
        ("consume", {ARCHIVE_STREAM: AHEAD}, {ARCHIVE_STREAM: {OFFSET: 40}}),
    ]
    reader.close()
    assert log.calls[-1] == ("close",)


def test_events_come_as_from_the_services_own_queue_and_others_are_left_out(log: Log):
    log.comes = [[logged(1), logged(2, LINKED), logged(3)]]
    reader = reading(log)
    found = reader.take(10, 1000, 0.05)
    assert found is not None
    assert [(d.queue, d.headers["x-stream-offset"], d.redelivered) for d in found] == [
        ("charity.events", 1, False), ("charity.events", 3, False),
    ]  # fmt: skip
    assert (reader.first, reader.place) == (LogPlace(1, "e1"), LogPlace(3, "e3"))
    assert ("take", 10, 1000, 0.05) in log.calls
    reader.settle()
    assert log.calls[-1] == ("ack", 3), "those of others are read as well"


def test_a_log_that_gives_nothing_keeps_the_place(log: Log):
    log.comes = [[logged(5)]]
    reader = reading(log)
    reader.take(10, 1000, 0)
    assert reader.take(10, 1000, 0) is None
    assert (reader.first, reader.place) == (LogPlace(5, "e5"), LogPlace(5, "e5"))


def test_the_event_at_the_place_is_left_out_where_it_is_applied_already(log: Log):
    log.comes = [[logged(40), logged(41)], [logged(42)]]
    reader = reading(log, LogPlace(40, "e40"), applied=True)
    assert [[d.properties["message_id"] for d in reader.take(10, 1000, 0) or ()] for _ in range(2)] == [
        ["e41"],
        ["e42"],
    ]


@pytest.mark.parametrize(
    ("start", "applied"),
    [(LogPlace(40, "e40"), False), (LogPlace(40, "of an older log"), True), (LogPlace(39, "e39"), True)],
)
def test_the_first_event_is_taken_where_it_is_not_the_applied_one(log: Log, start: LogPlace, applied: bool):
    log.comes = [[logged(40), logged(41)]]
    found = reading(log, start, applied=applied).take(10, 1000, 0)
    assert [d.properties["message_id"] for d in found or ()] == ["e40", "e41"]


def test_an_event_whose_place_cannot_be_read_is_read_past(log: Log):
    log.comes = [[logged(None)], [logged("text"), logged(6)], [logged(None)]]
    reader = reading(log, LogPlace(5, "e5"))
    reader.take(10, 1000, 0)
    assert (reader.first, reader.place) == (None, LogPlace(5, "e5"))
    reader.take(10, 1000, 0)
    assert (reader.first, reader.place) == (LogPlace(6, "e6"), LogPlace(6, "e6"))
    reader.take(10, 1000, 0)
    assert reader.place == LogPlace(6, "e6")


def test_a_name_that_the_store_could_not_keep_is_replaced(log: Log):
    log.comes = [
        [logged(1, message_id="\ud800")],
        [Delivery(ARCHIVE_STREAM, 1, b"", {"application_headers": {OFFSET: 2}}, "k", redelivered=False)],
    ]
    reader = reading(log)
    reader.take(1, 1000, 0)
    assert reader.place == LogPlace(1, "?")
    reader.take(1, 1000, 0)
    assert reader.place == LogPlace(2, "")


def test_a_heartbeat_goes_out_every_two_seconds_before_the_log_is_asked(log: Log):
    reader = reading(log)
    for now in (10.0, 11.9, 12.0, 13.9):
        log.now = now
        reader.take(1, 1000, 0)
    assert [call[0] for call in log.calls[2:]] == ["heartbeat", "take", "take", "heartbeat", "take", "take"]


def test_events_of_a_log_that_was_opened_in_vain_are_suspect():
    came = as_delivered(logged(9, kept="yes"), "charity.events", 1)
    assert (came.queue, came.redelivered, came.headers) == ("charity.events", True, {OFFSET: 9, "x-delivery-count": 1})
    assert came.properties["kept"] == "yes"
    assert not as_delivered(logged(9), "charity.events", 0).redelivered
