"""Messages are taken in order and in turn, acknowledged once, and count as published only where the broker confirms."""

import ssl
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import amqp
import pytest

from shared.engine.amqp import broker
from shared.engine.amqp.broker import Consumer, Outgoing, Publisher
from shared.engine.amqp.encoding import encode
from shared.engine.amqp.frames import Connection

UNLIMITED = 10**6


class Channel:
    """One channel: notes its calls, and tells a publisher of confirms as the broker does."""

    def __init__(self, number: int) -> None:
        self.channel_id = number
        self.acked: list[tuple[int, bool]] = []
        self.prefetch = 0
        self.events: dict[str, set[Callable[..., None]]] = {
            "basic_ack": set(),
            "basic_nack": set(),
            "basic_return": set(),
        }

    def basic_qos(self, _size: int, count: int, *, a_global: bool) -> None:
        assert not a_global
        self.prefetch = count

    def basic_consume(self, queue: str, arguments: Any = None) -> None:
        self.queue, self.arguments = queue, arguments

    def basic_ack(self, tag: int, *, multiple: bool) -> None:
        self.acked.append((tag, multiple))

    def confirm_select(self) -> None:
        """Every connection of ours confirms."""

    def say(self, event: str, *arguments: Any) -> None:
        for listener in self.events[event]:
            listener(*arguments)


class Line:
    """A connection whose reading runs one step after the other; afterwards it is silent."""

    frame_max = 131_072

    def __init__(self) -> None:
        self.receivers: dict[int, Callable[..., None]] = {}
        self.channels: list[Channel] = []
        self.stream = None
        self.steps: list[Callable[[], None]] = []
        self.waits: list[float] = []
        self.transport, self.bytes_sent, self.written = self, 0, b""

    def channel(self) -> Channel:
        self.channels.append(Channel(len(self.channels) + 1))
        return self.channels[-1]

    def drain_events(self, timeout: float) -> None:
        assert timeout >= 0
        self.waits.append(timeout)
        if not self.steps:
            raise TimeoutError
        self.steps.pop(0)()

    def write(self, data: bytes) -> None:
        self.written += data

    def deliver(self, number: int, *bodies: bytes, first: int = 1) -> None:
        """Have messages arrive on the channel, with tags from `first` on."""
        for nth, body in enumerate(bodies):
            self.receivers[number](first + nth, False, "key", {}, body)


def consuming(line: Line, **prefetch: int) -> Consumer:
    return Consumer(cast("Connection", line), prefetch)


def publishing(line: Line) -> Publisher:
    return Publisher(cast("Connection", line))


def messages(*ids: str) -> Sequence[Outgoing]:
    return [Outgoing("events", "key", b"{}", {"message_id": one}) for one in ids]


def test_the_oldest_message_of_a_queue_is_taken_first():
    line = Line()
    consumer = consuming(line, events=10)
    line.deliver(1, b"1", b"2", b"3")
    taken = consumer.take(2, UNLIMITED, 0)
    assert [delivery.tag for delivery in [*taken, *consumer.take(2, UNLIMITED, 0)]] == [1, 2, 3]


def test_a_flood_in_one_queue_does_not_keep_another_waiting():
    line = Line()
    consumer = consuming(line, events=10, commands=10)
    line.deliver(1, *[b"flood"] * 5)
    line.deliver(2, b"order")
    assert [delivery.queue for delivery in consumer.take(3, UNLIMITED, 0)] == ["events", "commands", "events"]


def test_a_batch_ends_at_its_bytes_and_a_message_of_any_size_is_taken():
    line = Line()
    consumer = consuming(line, events=10)
    line.deliver(1, b"x" * 100, b"y", b"z")
    assert [len(delivery.body) for delivery in consumer.take(10, 50, 0)] == [100]
    assert [delivery.body for delivery in consumer.take(10, 50, 0)] == [b"y", b"z"]


def test_it_waits_for_the_first_message_and_reads_on_while_there_are_more():
    line = Line()
    consumer = consuming(line, events=10)
    line.steps = [lambda: line.deliver(1, b"1"), lambda: line.deliver(1, b"2", first=2)]
    assert [delivery.tag for delivery in consumer.take(10, UNLIMITED, 5.0)] == [1, 2]
    assert consumer.take(10, UNLIMITED, 0) == []


def test_it_waits_as_long_as_it_may_for_the_first_message_alone():
    line = Line()
    consumer = consuming(line, events=10)
    assert consumer.take(10, UNLIMITED, 5.0) == []
    assert line.waits == [5.0, 0]
    line.steps = [lambda: line.deliver(1, b"1", b"2", b"3")]
    assert len(consumer.take(2, UNLIMITED, 5.0)) == 2
    line.waits.clear()
    assert len(consumer.take(2, UNLIMITED, 5.0)) == 1, "the third was read already"
    assert line.waits == [0]


def test_the_broker_hands_over_no_more_than_the_prefetch_of_each_queue():
    line = Line()
    consuming(line, events=7, commands=3)
    assert [(channel.queue, channel.prefetch) for channel in line.channels] == [("events", 7), ("commands", 3)]


def test_a_batch_is_acknowledged_up_to_its_last_message_and_never_twice():
    line = Line()
    consumer = consuming(line, events=10, commands=10)
    line.deliver(1, b"1", b"2", b"3")
    line.deliver(2, b"4")
    taken = consumer.take(10, UNLIMITED, 0)
    consumer.ack(sorted(taken, key=lambda delivery: -delivery.tag))
    consumer.ack(taken[:1])
    consumer.ack(taken)  # a second acknowledgement would close the channel
    assert [channel.acked for channel in line.channels] == [[(3, True)], [(1, True)]]


def test_everything_confirmed_at_once_is_published():
    line = Line()
    publisher = publishing(line)
    line.steps = [lambda: line.channels[0].say("basic_ack", 3, True)]
    assert publisher.publish(messages("a", "b", "c")) == set()


def test_a_message_that_the_broker_refuses_does_not_count_as_published():
    line = Line()
    publisher = publishing(line)
    (channel,) = line.channels
    line.steps = [lambda: channel.say("basic_ack", 1, False), lambda: channel.say("basic_nack", 3, True)]
    assert publisher.publish(messages("a", "b", "c")) == {1, 2}
    line.steps = [lambda: channel.say("basic_ack", 5, True)]
    assert publisher.publish(messages("d", "e")) == set(), "an earlier refusal is not told again"


def test_a_message_that_no_queue_takes_does_not_count_as_published():
    line = Line()
    publisher = publishing(line)
    (channel,) = line.channels

    def come_back() -> None:
        channel.say("basic_return", 312, "NO_ROUTE", "events", "key", amqp.Message(b"{}", message_id="b"))
        channel.say("basic_ack", 2, True)

    line.steps = [come_back]
    assert publisher.publish(messages("a", "b")) == {1}
    line.steps = [lambda: channel.say("basic_ack", 3, False)]
    assert publisher.publish(messages("b")) == set(), "the same message may be taken the next time"


def test_a_confirm_that_comes_again_changes_nothing():
    line = Line()
    publisher = publishing(line)
    (channel,) = line.channels
    line.steps = [lambda: channel.say("basic_ack", 1, False)] * 2 + [lambda: channel.say("basic_ack", 2, False)]
    assert publisher.publish(messages("a", "b")) == set()


def test_what_is_written_counts_so_that_no_heartbeat_is_sent_besides():
    line = Line()
    publishing(line).send(messages("a"))
    sent = line.bytes_sent
    assert sent > 0
    publishing(line).send([])
    assert line.bytes_sent == sent


@pytest.mark.parametrize("mandatory", [True, False], ids=["an event", "a reply"])
def test_an_event_must_reach_a_queue_and_a_reply_need_not(mandatory: bool):
    line = Line()
    publisher = publishing(line)
    (publisher.send if mandatory else publisher.reply)(messages("a"))
    assert line.written == b"".join(encode(messages("a")[0], 1, line.frame_max, mandatory=mandatory))


def test_a_broker_that_does_not_confirm_in_time_is_an_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(broker, "CONFIRM_SECONDS", 0)
    with pytest.raises(TimeoutError, match="did not confirm 1 messages"):
        publishing(Line()).publish(messages("a"))


def test_a_queue_is_consumed_with_its_own_arguments_and_another_without_any() -> None:
    line = Line()
    arguments = {"log": {"x-stream-offset": 7}}
    Consumer(cast("Connection", line), {"log": 10, "boxes.events": 20}, arguments)
    assert {c.queue: (c.prefetch, c.arguments) for c in line.channels} == {
        "log": (10, {"x-stream-offset": 7}),
        "boxes.events": (20, None),
    }


@pytest.mark.parametrize("uri", ["amqps://broker.city/?cacertfile=ca.pem", "amqp://broker.city/"])
def test_a_connection_to_an_amqps_address_verifies_the_server_by_its_certificates(
    monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    opened: dict[str, Any] = {}
    made = SimpleNamespace(connect=lambda: None, transport=SimpleNamespace(sock=SimpleNamespace(settimeout=opened.get)))
    monkeypatch.setattr(broker, "Connection", lambda **given: opened.update(given) or made)
    monkeypatch.setattr(broker, "Stream", lambda _: None)
    broker.connect(uri, "boxes")
    verified = {"server_hostname": "broker.city", "cert_reqs": ssl.CERT_REQUIRED, "ca_certs": "ca.pem"}
    assert opened["ssl"] == ({**verified, "certfile": None, "keyfile": None} if uri.startswith("amqps") else None)
    assert opened["host"] == f"broker.city:{5671 if uri.startswith('amqps') else 5672}"
