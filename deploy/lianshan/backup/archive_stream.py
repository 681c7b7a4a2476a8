"""The end of the archive stream, which holds every event that the broker has confirmed, read from a moment on.

https://www.rabbitmq.com/docs/streams#consuming
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from amqp import Channel, Connection, Message
from amqp.exceptions import NotFound

from deploy.lianshan.backup.errors import BackupFailedError
from shared.contracts.subscriptions import ARCHIVE_STREAM

PREFETCH: Final = 2000
BATCH: Final = 1000
QUIET_SECONDS: Final = 1.0
"""A stream read into its last chunk, from which nothing comes for so long, has been read to its end."""
STALLED_SECONDS: Final = 30.0
"""Before its last chunk a stream that gives nothing for so long has a fault."""
READ_SECONDS: Final = 3600.0

Start = datetime | Literal["first"]
"""The moment from which to read, or the beginning of the stream."""


@dataclass
class ArchiveTail:
    """Reads the archive from a moment on up to its end as it is when reading begins. The connection is its own."""

    connection: Connection
    start: Start
    _reached: int = -1
    _last: int = -1
    """An offset near the end: the broker hands out the last chunk from its beginning."""
    _next: int | None = None
    """The first offset that need not be read; None while nothing has been published since."""
    _bodies: list[bytes] = field(default_factory=list)
    _unacknowledged: int = 0

    def read(self) -> Iterator[list[bytes]]:
        """Yield the bodies in lists of about BATCH. Raises BackupFailedError, an error of BROKER_ERRORS."""
        self._consume("next", self._note_next)
        self._consume("last", self._note_last)
        self._consume(self.start, self._take)
        end_at = time.monotonic() + READ_SECONDS
        while self._wait_for_more():
            if len(self._bodies) >= BATCH:
                yield self._take_bodies()
            if time.monotonic() > end_at:
                raise BackupFailedError(f"RabbitMQ took longer than {READ_SECONDS:g} s to hand out {ARCHIVE_STREAM}")
        yield self._take_bodies()

    def _consume(self, offset: datetime | str, callback: Callable[[Channel, Message, int], None]) -> None:
        channel = self.connection.channel()
        channel.auto_decode = False
        channel.basic_qos(0, PREFETCH, a_global=False)
        try:
            channel.basic_consume(
                ARCHIVE_STREAM,
                callback=lambda message: callback(channel, message, int(message.headers["x-stream-offset"])),
                arguments={"x-stream-offset": offset},
            )
        except NotFound as error:
            raise BackupFailedError(f"RabbitMQ has no {ARCHIVE_STREAM}: declare it with `lianshan topology`") from error

    def _wait_for_more(self) -> bool:
        if self._next is not None and self._reached >= self._next - 1:
            return False
        try:
            self.connection.drain_events(timeout=QUIET_SECONDS if self._reached >= self._last else STALLED_SECONDS)
        except TimeoutError:
            if self._reached < self._last:
                raise BackupFailedError(
                    f"RabbitMQ does not hand out {ARCHIVE_STREAM} up to its end: check its health, and that its clock "
                    "and the services' agree"
                ) from None
            return False
        return True

    def _take_bodies(self) -> list[bytes]:
        bodies, self._bodies = self._bodies, []
        return bodies

    def _take(self, channel: Channel, message: Message, offset: int) -> None:
        self._reached = offset
        body = message.body
        self._bodies.append(body if isinstance(body, bytes) else str(body).encode())
        self._unacknowledged += 1
        # In quarters: the broker sends on before the window of PREFETCH is used up.
        if self._unacknowledged >= PREFETCH // 4:
            channel.basic_ack(message.delivery_tag, multiple=True)
            self._unacknowledged = 0

    # The two below acknowledge nothing: the first message has the one figure that they are for.

    def _note_next(self, _: Channel, __: Message, offset: int) -> None:
        self._next = offset if self._next is None else self._next

    def _note_last(self, _: Channel, __: Message, offset: int) -> None:
        self._last = offset if self._last < 0 else self._last
