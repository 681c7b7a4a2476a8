"""Reading AMQP frames: fast where they are deliveries, and safe against malformed content.

py-amqp reads each frame in three pieces, and makes four calls and a message object of a delivery. It also decodes
properties and routing keys while it reads from the socket; a decoding error there would end the connection, and then
that of every service the message is delivered to next, again and again. Here such a message arrives without properties,
so that it can be dead-lettered.

Frame layout: https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, 2.3.5 and 4.2.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from struct import Struct
from typing import Any, Final

import amqp
from amqp.exceptions import UnexpectedFrame
from amqp.method_framing import frame_handler
from amqp.serialization import decode_properties_basic, loads

RECEIVE_BYTES: Final = 256 * 1024
"""How much is read from the socket at once: a few hundred deliveries of usual size in one system call."""
METHOD: Final = 1
HEADER: Final = 2
BODY: Final = 3
FRAME: Final = Struct(">BHI")
"""Type, channel and payload size of a frame; after the payload comes FRAME_END."""
FRAME_END: Final = 0xCE
DELIVER: Final = b"\x00\x3c\x00\x3c"
"""Class 60 (basic), method 60 (deliver)."""
HEADER_BYTES: Final = 12
"""Class, weight and body size at the start of a content header; the properties come after them."""
NO_PROPERTIES: Final = b"\x00\x00"
"""Property flags that announce no property."""
CONTENT_TYPE_FLAG: Final = 1 << 15
CONTENT_ENCODING_FLAG: Final = 1 << 14
HEADERS_FLAG: Final = 1 << 13
"""Property flags of the first three properties, in their order."""
_FLAGS: Final = Struct(">H")
_TAG: Final = Struct(">QB")
_SIZE: Final = Struct(">4xQ")

Properties = dict[str, Any]
"""The properties of an AMQP message by their names in py-amqp. Headers are beneath `application_headers`."""
Frame = tuple[int, int, bytes]
"""Type, channel and payload."""
Receiver = Callable[[int, bool, str, Properties, bytes], None]
"""Takes delivery tag, redelivered flag, routing key, properties and body."""


class Connection(amqp.Connection):  # type: ignore[misc]  # py-amqp has no types
    """A connection that hands deliveries of the channels in `receivers` straight to them, past py-amqp's channels."""

    def __init__(self, **options: object) -> None:
        super().__init__(frame_handler=tolerant_frame_handler, **options)
        self.receivers: dict[int, Receiver] = {}
        self.stream: Stream | None = None


@dataclass(slots=True)
class _PartialDelivery:
    """A delivery whose frames have not all arrived. `missing_bytes` of its body are still to come."""

    tag: int
    redelivered: bool
    routing_key: str
    properties: Properties = field(default_factory=dict)
    missing_bytes: int = 0
    pieces: list[bytes] = field(default_factory=list)


def tolerant_frame_handler(connection: Connection, callback: Callable[..., object]) -> Callable[[Frame], object]:
    """Return a frame handler as py-amqp's own, but fast for deliveries and tolerant of unreadable properties."""
    on_frame = frame_handler(connection, callback)
    arriving: dict[int, _PartialDelivery] = {}

    def on_any_frame(frame: Frame) -> object:
        kind, channel, buf = frame
        # Ordered by frequency: header and body of a delivery, then its method, then everything else.
        if channel in arriving and kind in (HEADER, BODY):
            connection.bytes_recv += 1  # py-amqp takes a connection as idle whose count stands still
            return _continue_delivery(arriving, kind, channel, buf, connection.receivers[channel])
        if kind == METHOD and buf[:4] == DELIVER:
            if channel in connection.receivers:
                connection.bytes_recv += 1
                arriving[channel] = _begin_delivery(bytes(buf))
                return False
            return on_frame((kind, channel, _with_text_routing_key(bytes(buf))))
        if kind != HEADER:
            return on_frame(frame)
        try:
            return on_frame(frame)
        except Exception:  # noqa: BLE001 - malformed properties may cause any error in the decoder
            return on_frame((kind, channel, bytes(buf[:HEADER_BYTES]) + NO_PROPERTIES))

    return on_any_frame


def _begin_delivery(deliver: bytes) -> _PartialDelivery:
    # Consumer tag (a short string), delivery tag (8 bytes), redelivered (1), exchange and routing key (short strings).
    # A short string is a length byte and so many bytes; the first starts after class and method (4 bytes).
    at = 5 + deliver[4]
    tag, redelivered = _TAG.unpack_from(deliver, at)
    at += 10 + deliver[at + 9]
    return _PartialDelivery(tag, bool(redelivered), _to_text(deliver[at + 1 :]))


def _continue_delivery(
    arriving: dict[int, _PartialDelivery], kind: int, channel: int, buf: bytes, receive: Receiver
) -> bool:
    """Add a header or body frame; pass the delivery on and return True once its body is complete."""
    delivery = arriving[channel]
    if kind == HEADER:
        (delivery.missing_bytes,) = _SIZE.unpack_from(buf)
        delivery.properties = _decode_properties(buf)
    else:
        delivery.pieces.append(bytes(buf))
        delivery.missing_bytes -= len(buf)
    if delivery.missing_bytes > 0:
        return False
    del arriving[channel]
    pieces = delivery.pieces
    body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    receive(delivery.tag, delivery.redelivered, delivery.routing_key, delivery.properties, body)
    return True


def _decode_properties(header: bytes) -> Properties:
    try:
        return dict(decode_properties_basic(header, HEADER_BYTES)[0])
    except Exception:  # noqa: BLE001 - malformed properties may cause any error in the decoder
        return _decode_headers(header)


def _decode_headers(header: bytes) -> Properties:
    """Return the headers alone, which the broker has written into: its count of deliveries, the place in a stream."""
    (flags,) = _FLAGS.unpack_from(header, HEADER_BYTES)
    at = HEADER_BYTES + _FLAGS.size
    try:
        for before in (CONTENT_TYPE_FLAG, CONTENT_ENCODING_FLAG):
            at += 1 + header[at] if flags & before else 0  # a short string
        return {"application_headers": loads("F", header, at)[0][0]} if flags & HEADERS_FLAG else {}
    except Exception:  # noqa: BLE001 - likewise
        return {}


def _to_text(key: bytes) -> str:
    """Return a routing key as text; where it is not UTF-8, each byte that is not ASCII becomes `?`."""
    try:
        return key.decode()
    except UnicodeDecodeError:
        return "".join(chr(byte) if byte < 128 else "?" for byte in key)


def _with_text_routing_key(deliver: bytes) -> bytes:
    """Return a `basic.deliver` whose routing key is valid UTF-8, for py-amqp to decode."""
    exchange = 4 + 1 + deliver[4] + 8 + 1
    key = exchange + 1 + deliver[exchange] + 1
    return deliver[:key] + _to_text(deliver[key:]).encode()


class Stream:
    """The reading side of a connection without TLS: large pieces from the socket, not nine system calls a message."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._transport = connection.transport
        self._buffer = b""
        self._position = 0
        # py-amqp reads through this method as well, so that both take from one buffer; it offers no option for that.
        self._transport._quick_recv = self._receive  # noqa: SLF001

    def drain(self, enough: Callable[[], bool]) -> None:
        """Handle every frame that has arrived, until `enough` returns True; never wait.

        Raises OSError where the broker has closed the connection, UnexpectedFrame where the stream is out of step.
        """
        with suppress(socket.timeout), self._transport.having_timeout(0):
            while not enough():  # ends once all has been read: then the socket times out at once
                if not self._handle_frame():
                    self._read_more()

    def _handle_frame(self) -> bool:
        """Handle the next frame; return False where it has not arrived in full."""
        buffer, position = self._buffer, self._position
        if len(buffer) < position + FRAME.size:
            return False
        kind, channel, size = FRAME.unpack_from(buffer, position)
        end = position + FRAME.size + size
        if len(buffer) <= end:
            return False
        if buffer[end] != FRAME_END:
            raise UnexpectedFrame(f"a frame ends in {buffer[end]:#x} instead of {FRAME_END:#x}")
        self._position = end + 1  # before the frame is handled: its handler may read on
        self._connection.on_inbound_frame((kind, channel, buffer[position + FRAME.size : end]))
        return True

    def _read_more(self) -> None:
        # The start of a frame that py-amqp was reading when its time was over comes first.
        begun = bytes(self._transport._read_buffer)  # noqa: SLF001
        piece = self._transport.sock.recv(RECEIVE_BYTES)
        if not piece:
            raise OSError("the broker has closed the connection")
        self._transport._read_buffer = b""  # noqa: SLF001
        self._buffer, self._position = begun + self._buffer[self._position :] + piece, 0

    def _receive(self, count: int) -> bytes:
        """Return at most `count` bytes: from the buffer while it holds any, else from the socket."""
        if self._position == len(self._buffer):
            self._buffer, self._position = self._transport.sock.recv(max(count, RECEIVE_BYTES)), 0
        taken = self._buffer[self._position : self._position + count]
        self._position += len(taken)
        return bytes(taken)
