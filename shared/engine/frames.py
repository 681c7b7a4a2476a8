"""Reading what a stranger has put into a message's properties, however broken it is.

py-amqp decodes properties and routing keys while it reads from the socket; what it cannot decode would end the
connection, and so every service that the message is handed to, again and again.
"""

from collections.abc import Callable
from typing import Any, Final

from amqp.method_framing import frame_handler

METHOD: Final = 1
HEADER: Final = 2
DELIVER: Final = b"\x00\x3c\x00\x3c"
HEADER_BYTES: Final = 12
"""Class, weight and the size of the body; the properties come after them."""
NO_PROPERTIES: Final = b"\x00\x00"

Frame = tuple[int, int, Any]


def tolerant_frame_handler(connection: Any, callback: Any) -> Callable[[Frame], Any]:
    """As py-amqp's own, except that a message with unreadable properties comes without any, to be parked."""
    on_frame = frame_handler(connection, callback)

    def on_any_frame(frame: Frame) -> Any:
        kind, channel, buf = frame
        if kind == METHOD and buf[:4] == DELIVER:
            return on_frame((kind, channel, _readable(bytes(buf))))
        if kind != HEADER:
            return on_frame(frame)
        try:
            return on_frame(frame)
        except Exception:  # noqa: BLE001 - whatever the decoding of a stranger's bytes may raise
            return on_frame((kind, channel, bytes(buf[:HEADER_BYTES]) + NO_PROPERTIES))

    return on_any_frame


def _readable(deliver: bytes) -> bytes:
    """The `basic.deliver` with a routing key that is text: bytes that are none become `?`."""
    # Consumer tag (a short string), delivery tag (8 bytes), redelivered (1), exchange and routing key (short strings).
    exchange = 4 + 1 + deliver[4] + 8 + 1
    key = exchange + 1 + deliver[exchange] + 1
    if deliver[key:].isascii():
        return deliver
    try:
        deliver[key:].decode()
    except UnicodeDecodeError:
        return deliver[:key] + bytes(byte if byte < 128 else ord("?") for byte in deliver[key:])
    return deliver
