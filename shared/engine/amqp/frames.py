"""Reading frames: quickly where they are deliveries, and however broken what a stranger has put into them is.

py-amqp reads each frame in three pieces, and makes four calls and a message object of a delivery. It also decodes
properties and routing keys while it reads from the socket; what it cannot decode would end the connection, and so
every service that the message is handed to, again and again.
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
from amqp.serialization import decode_properties_basic

RECEIVE_BYTES: Final = 256 * 1024
METHOD: Final = 1
HEADER: Final = 2
BODY: Final = 3
FRAME: Final = Struct(">BHI")
"""Kind, channel and size of what a frame carries; a byte that ends it comes after that."""
FRAME_END: Final = 0xCE
DELIVER: Final = b"\x00\x3c\x00\x3c"
HEADER_BYTES: Final = 12
"""Class, weight and the size of the body; the properties come after them."""
NO_PROPERTIES: Final = b"\x00\x00"
_TAG: Final = Struct(">QB")
_SIZE: Final = Struct(">4xQ")

Frame = tuple[int, int, Any]
Receiver = Callable[[int, bool, str, dict[str, Any], bytes], None]
"""Takes delivery tag, whether it was delivered before, routing key, properties and body."""


class Connection(amqp.Connection):  # type: ignore[misc]  # py-amqp has no types
    """A connection that hands deliveries of the channels in `receivers` straight to them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(frame_handler=tolerant_frame_handler, **options)
        self.receivers: dict[int, Receiver] = {}
        self.stream: Stream | None = None


@dataclass(slots=True)
class _Delivery:
    """A delivery of which not all frames have arrived."""

    tag: int
    redelivered: bool
    key: str
    properties: dict[str, Any] = field(default_factory=dict)
    size: int = 0
    pieces: list[bytes] = field(default_factory=list)


def tolerant_frame_handler(connection: Any, callback: Any) -> Callable[[Frame], Any]:
    """As py-amqp's own, except that a message with unreadable properties comes without any, to be parked."""
    on_frame = frame_handler(connection, callback)
    arriving: dict[int, _Delivery] = {}

    def on_any_frame(frame: Frame) -> Any:
        kind, channel, buf = frame
        if channel in arriving and kind in (HEADER, BODY):
            connection.bytes_recv += 1
            return _complete(arriving, kind, channel, buf, connection.receivers[channel])
        if kind == METHOD and buf[:4] == DELIVER:
            if channel in connection.receivers:
                connection.bytes_recv += 1
                arriving[channel] = _begin(bytes(buf))
                return False
            return on_frame((kind, channel, _readable(bytes(buf))))
        if kind != HEADER:
            return on_frame(frame)
        try:
            return on_frame(frame)
        except Exception:  # noqa: BLE001 - whatever the decoding of a stranger's bytes may raise
            return on_frame((kind, channel, bytes(buf[:HEADER_BYTES]) + NO_PROPERTIES))

    return on_any_frame


def _begin(deliver: bytes) -> _Delivery:
    # Consumer tag (a short string), delivery tag (8 bytes), redelivered (1), exchange and routing key (short strings).
    at = 5 + deliver[4]
    tag, redelivered = _TAG.unpack_from(deliver, at)
    at += 10 + deliver[at + 9]
    return _Delivery(tag, bool(redelivered), _text(deliver[at + 1 :]))


def _complete(arriving: dict[int, _Delivery], kind: int, channel: int, buf: bytes, receive: Receiver) -> bool:
    delivery = arriving[channel]
    if kind == HEADER:
        (delivery.size,) = _SIZE.unpack_from(buf)
        delivery.properties = _properties(buf)
    else:
        delivery.pieces.append(bytes(buf))
        delivery.size -= len(buf)
    if delivery.size > 0:
        return False
    del arriving[channel]
    pieces = delivery.pieces
    body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    receive(delivery.tag, delivery.redelivered, delivery.key, delivery.properties, body)
    return True


def _properties(header: bytes) -> dict[str, Any]:
    try:
        return dict(decode_properties_basic(header, HEADER_BYTES)[0])
    except Exception:  # noqa: BLE001 - whatever the decoding of a stranger's bytes may raise
        return {}


def _text(key: bytes) -> str:
    """A routing key as text: where it is none, the bytes that are not ASCII become `?`."""
    try:
        return key.decode()
    except UnicodeDecodeError:
        return "".join(chr(byte) if byte < 128 else "?" for byte in key)


def _readable(deliver: bytes) -> bytes:
    """The `basic.deliver` with a routing key that is text."""
    exchange = 4 + 1 + deliver[4] + 8 + 1
    key = exchange + 1 + deliver[exchange] + 1
    return deliver[:key] + _text(deliver[key:]).encode()


class Stream:
    """The reading side of a connection: whole pieces from the socket instead of nine system calls a message."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._transport = connection.transport
        self._waiting = b""
        self._at = 0
        self._transport._quick_recv = self._receive  # noqa: SLF001 - the documented place has no option for it

    def drain(self, enough: Callable[[], bool]) -> None:
        """Handle every frame that has arrived, until that is `enough`; waits for nothing."""
        with suppress(socket.timeout), self._transport.having_timeout(0):
            while not enough():
                if not self._handle_one():
                    self._more()

    def _handle_one(self) -> bool:
        """Handle the next frame; False where it is not whole yet."""
        waiting, at = self._waiting, self._at
        if len(waiting) < at + FRAME.size:
            return False
        kind, channel, size = FRAME.unpack_from(waiting, at)
        end = at + FRAME.size + size
        if len(waiting) <= end:
            return False
        if waiting[end] != FRAME_END:
            raise UnexpectedFrame(f"a frame ends in {waiting[end]:#x} instead of {FRAME_END:#x}")
        self._at = end + 1
        self._connection.on_inbound_frame((kind, channel, waiting[at + FRAME.size : end]))
        return True

    def _more(self) -> None:
        # What py-amqp had begun to read when its time was over comes first.
        begun = bytes(self._transport._read_buffer)  # noqa: SLF001
        piece = self._transport.sock.recv(RECEIVE_BYTES)
        if not piece:
            raise OSError("the broker has closed the connection")
        self._transport._read_buffer = b""  # noqa: SLF001
        self._waiting, self._at = begun + self._waiting[self._at :] + piece, 0

    def _receive(self, count: int) -> bytes:
        if self._at == len(self._waiting):
            self._waiting, self._at = self._transport.sock.recv(max(count, RECEIVE_BYTES)), 0
        taken = self._waiting[self._at : self._at + count]
        self._at += len(taken)
        return bytes(taken)
