"""py-amqp reads the frames that we write, and we read those that py-amqp writes."""

from struct import pack
from typing import Any

import pytest
from amqp.basic_message import Message
from amqp.method_framing import frame_handler
from hypothesis import given
from hypothesis import strategies as st

from shared.engine.amqp.broker import Outgoing, Publisher
from shared.engine.amqp.encoding import encode
from shared.engine.amqp.frames import DELIVER, HEADER_BYTES, METHOD, tolerant_frame_handler

FRAME_MAX = 4096
SHORT = st.text(max_size=60)
PROPERTIES = st.fixed_dictionaries(
    {"message_id": SHORT, "delivery_mode": st.sampled_from([1, 2])},
    optional={
        "content_type": SHORT,
        "correlation_id": SHORT,
        "expiration": SHORT,
        "type": SHORT,
        "priority": st.integers(0, 9),
        "timestamp": st.integers(0, 2**64 - 1),
        "application_headers": st.dictionaries(SHORT, SHORT | st.integers(0, 2**31 - 1), max_size=3),
    },
)
BODIES = st.builds(lambda length: (bytes(range(256)) * 48)[:length], st.integers(0, 3 * FRAME_MAX))


class Line:
    """Stands for a connection: counts frames and knows who takes the deliveries of a channel."""

    def __init__(self) -> None:
        self.bytes_recv = 0
        self.receivers: dict[int, Any] = {}


def frames_of(data: bytes) -> list[tuple[int, int, bytes]]:
    """The frames as the specification lays them out."""
    frames = []
    while data:
        size = int.from_bytes(data[3:7], "big")
        assert data[7 + size] == 0xCE
        frames.append((data[0], int.from_bytes(data[1:3], "big"), data[7 : 7 + size]))
        data = data[8 + size :]
    return frames


def delivered(key: bytes, frames: list[tuple[int, int, bytes]]) -> list[tuple[int, int, bytes]]:
    """The same content as the broker hands it out: another method before it."""
    deliver = DELIVER + b"\x01c" + pack(">QB", 7, 1) + b"\x01e" + bytes((len(key),)) + key
    return [(METHOD, 3, deliver), *((kind, 3, payload) for kind, _, payload in frames[1:])]


@given(PROPERTIES, BODIES)
def test_py_amqp_reads_what_we_write(properties: dict[str, Any], body: bytes) -> None:
    outgoing = Outgoing("lianshan.events", "stations.need.published.11", body, properties)
    heard: list[Message] = []
    read = frame_handler(Line(), lambda _channel, _method, _args, message: heard.append(message))
    frames = frames_of(b"".join(encode(outgoing, 3, FRAME_MAX, mandatory=True)))
    assert all(len(payload) + 8 <= FRAME_MAX for _, _, payload in frames)
    assert frames[1][2][:4] == pack(">HH", 60, 0), "class basic, and a weight that AMQP 0-9-1 has as zero"
    # py-amqp takes content after a delivery, not after a publication.
    for frame in delivered(b"k", frames):
        read(frame)
    assert [bytes(m.body) if body else b"" for m in heard] == [body]
    assert heard[0].properties == properties


@given(PROPERTIES, BODIES)
def test_we_read_what_was_written(properties: dict[str, Any], body: bytes) -> None:
    line, heard = Line(), []
    line.receivers[3] = lambda *delivery: heard.append(delivery)
    read = tolerant_frame_handler(line, None)
    outgoing = Outgoing("", "", body, properties)
    for frame in delivered(b"stations.need", frames_of(b"".join(encode(outgoing, 3, FRAME_MAX, mandatory=False)))):
        read(frame)
    assert heard == [(7, True, "stations.need", properties, body)]


@given(st.binary(max_size=40), st.binary(max_size=20))
def test_a_message_with_broken_properties_and_key_comes_nevertheless(broken: bytes, key: bytes) -> None:
    line, heard = Line(), []
    line.receivers[3] = lambda *delivery: heard.append(delivery)
    read = tolerant_frame_handler(line, None)
    header = pack(">HHQ", 60, 0, 2) + b"\xff\xfc" + broken
    assert len(header) > HEADER_BYTES
    for frame in delivered(key, [(METHOD, 3, b""), (2, 3, header), (3, 3, b"ok")]):
        read(frame)
    assert [body for *_, body in heard] == [b"ok"]
    assert all(text.encode() is not None for _, _, text, _, _ in heard)


def test_the_headers_of_a_message_with_a_broken_property_are_read_nevertheless() -> None:
    """The broker writes into them: the count of deliveries, and the place of an event in the log."""
    line, heard = Line(), []
    line.receivers[3] = lambda *delivery: heard.append(delivery)
    read = tolerant_frame_handler(line, None)
    properties = {"content_type": "a", "application_headers": {"x-stream-offset": 7}, "correlation_id": "zz"}
    frames = frames_of(b"".join(encode(Outgoing("", "", b"ok", properties), 3, FRAME_MAX, mandatory=False)))
    for kind, channel, payload in delivered(b"k", frames):
        read((kind, channel, payload.replace(b"zz", b"\xff\xfe")))
    assert heard == [(7, True, "k", {"application_headers": {"x-stream-offset": 7}}, b"ok")]


def test_a_message_that_was_asked_for_comes_without_its_broken_properties() -> None:
    heard: list[Message] = []
    read = tolerant_frame_handler(Line(), lambda _channel, _method, _args, message: heard.append(message))
    get_ok = pack(">HHQB", 60, 71, 7, 0) + b"\x01e\x01k" + pack(">I", 0)
    header = pack(">HHQ", 60, 0, 2) + b"\xff\xfc" + b"\xff"
    for kind, payload in ((METHOD, get_ok), (2, header), (3, b"ok")):
        read((kind, 3, payload))
    assert [(bytes(message.body), message.properties) for message in heard] == [(b"ok", {})]


class Mute:
    """Stands for a connection and its channel: takes the written bytes and answers nothing."""

    channel_id, frame_max = 1, FRAME_MAX

    def __init__(self) -> None:
        self.events: dict[str, set[Any]] = {name: set() for name in ("basic_ack", "basic_nack", "basic_return")}
        self.written: list[bytes] = []
        self.bytes_sent = 0
        self.transport = self

    def channel(self) -> "Mute":
        return self

    def confirm_select(self) -> None:
        """As the broker would."""

    def write(self, data: bytes) -> None:
        self.written.append(data)


def test_what_cannot_be_written_leaves_nothing_that_a_confirm_would_wait_for() -> None:
    line = Mute()
    publisher = Publisher(line)  # type: ignore[arg-type]
    good = Outgoing("", "key", b"body", {"message_id": "1"})
    with pytest.raises(ValueError, match="byte"):
        publisher.send([good, Outgoing("", "k" * 256, b"body", {"message_id": "2"})])
    assert line.written == []
    assert publisher.confirm() == set()
