"""Messages as AMQP 0-9-1 frames: what py-amqp does in ten calls a message, for a whole batch at once.

https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, 2.3.5 (frames) and 4.2.6 (content).
"""

from collections.abc import Iterator, Mapping
from struct import Struct
from typing import Any, Final, Protocol

from amqp.serialization import dumps

from shared.engine.amqp.frames import BODY, FRAME, FRAME_END, HEADER, METHOD

BASIC: Final = 60
PUBLISH: Final = 40
_METHOD_START: Final = Struct(">HHH").pack(BASIC, PUBLISH, 0)
_HEADER_START: Final = Struct(">HHQH")
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
"""Name, the bit that says it is there, and how it is written: in this order."""


class Sendable(Protocol):
    """What a message needs to be sent."""

    @property
    def exchange(self) -> str: ...
    @property
    def routing_key(self) -> str: ...
    @property
    def body(self) -> bytes: ...
    @property
    def properties(self) -> dict[str, Any]: ...


def encoded(message: Sendable, channel: int, frame_max: int, *, mandatory: bool) -> Iterator[bytes]:
    """The frames of its `basic.publish`, in pieces. Raises ValueError for a name or property over 255 bytes."""
    body = message.body
    method = b"".join((_METHOD_START, _short(message.exchange), _short(message.routing_key), bytes((mandatory,))))
    yield from _frame(METHOD, channel, method)
    flags, properties = _properties(message.properties)
    yield from _frame(HEADER, channel, _HEADER_START.pack(BASIC, 0, len(body), flags) + properties)
    room = frame_max - _FRAME_EXTRA
    if len(body) <= room:
        if body:
            yield from _frame(BODY, channel, body)
        return
    for start in range(0, len(body), room):
        yield from _frame(BODY, channel, body[start : start + room])


def _frame(kind: int, channel: int, payload: bytes) -> tuple[bytes, bytes, bytes]:
    return FRAME.pack(kind, channel, len(payload)), payload, _END


def _properties(properties: Mapping[str, Any]) -> tuple[int, bytes]:
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
    data = text.encode(errors="surrogatepass")  # as py-amqp reads it, so that what came broken can be parked
    return bytes((len(data),)) + data
