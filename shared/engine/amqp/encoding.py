"""Writing AMQP frames: a whole batch of publications at once, where py-amqp makes ten calls a message.

https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, 2.3.5 (frames) and 4.2.6 (content).
"""

from collections.abc import Iterator
from struct import Struct
from typing import Final, Protocol

from amqp.serialization import dumps

from shared.engine.amqp.frames import BODY, FRAME, FRAME_END, HEADER, METHOD, Properties

BASIC: Final = 60
PUBLISH: Final = 40
_METHOD_START: Final = Struct(">HHH").pack(BASIC, PUBLISH, 0)
"""Class, method and a reserved field."""
_HEADER_START: Final = Struct(">HHQH")
"""Class, weight, body size and property flags of a content header."""
_END: Final = bytes((FRAME_END,))
_FRAME_EXTRA: Final = FRAME.size + len(_END)

_PROPERTIES: Final = (
    ("content_type", 15, "s"),
    ("content_encoding", 14, "s"),
    ("application_headers", 13, "F"),
    ("delivery_mode", 12, "o"),
    ("priority", 11, "o"),
    ("correlation_id", 10, "s"),
    ("reply_to", 9, "s"),
    ("expiration", 8, "s"),
    ("message_id", 7, "s"),
    ("timestamp", 6, "L"),
    ("type", 5, "s"),
    ("user_id", 4, "s"),
    ("app_id", 3, "s"),
    ("cluster_id", 2, "s"),
)
"""Name, flag bit and py-amqp's format letter (s short string, F table, o octet, L long), in the order of the wire."""


class Sendable(Protocol):
    """A message to publish."""

    @property
    def exchange(self) -> str: ...
    @property
    def routing_key(self) -> str: ...
    @property
    def body(self) -> bytes: ...
    @property
    def properties(self) -> Properties: ...


def encode(message: Sendable, channel: int, frame_max: int, *, mandatory: bool) -> Iterator[bytes]:
    """Yield the frames of the message's `basic.publish`, in pieces.

    Raises ValueError for an exchange, routing key or string property of more than 255 bytes.
    """
    body = message.body
    method = b"".join((_METHOD_START, _short(message.exchange), _short(message.routing_key), bytes((mandatory,))))
    yield from _frame(METHOD, channel, method)
    flags, properties = _encode_properties(message.properties)
    yield from _frame(HEADER, channel, _HEADER_START.pack(BASIC, 0, len(body), flags) + properties)
    room = frame_max - _FRAME_EXTRA
    if len(body) <= room:
        if body:  # an empty body has no frame: the header's size of 0 says all
            yield from _frame(BODY, channel, body)
        return
    for start in range(0, len(body), room):
        yield from _frame(BODY, channel, body[start : start + room])


def _frame(kind: int, channel: int, payload: bytes) -> tuple[bytes, bytes, bytes]:
    return FRAME.pack(kind, channel, len(payload)), payload, _END


def _encode_properties(properties: Properties) -> tuple[int, bytes]:
    """Return the flags of the properties that are set, and their values in the order of the wire."""
    flags, values = 0, []
    for name, bit, kind in _PROPERTIES:
        value = properties.get(name)
        if value is None:
            continue
        flags |= 1 << bit
        if kind == "s":
            values.append(_short(value))
        else:
            values.append(bytes((value,)) if kind == "o" else dumps(kind, [value]))
    return flags, b"".join(values)


def _short(text: str) -> bytes:
    # As py-amqp decodes it: lone surrogates stay, so that a malformed message can be dead-lettered as it came.
    data = text.encode(errors="surrogatepass")
    return bytes((len(data),)) + data  # `bytes` raises the ValueError above 255
