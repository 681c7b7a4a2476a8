"""A connection is judged by the bytes that its peer has sent, read or not."""

from collections.abc import Sequence
from time import monotonic
from typing import cast

import amqp
import pytest
from amqp.exceptions import ConnectionForced

from shared.engine.amqp.broker import keep_alive
from shared.engine.amqp.frames import Connection

HEARTBEAT_SECONDS = 2
LONG_AGO = 10 * HEARTBEAT_SECONDS


class QuietConnection(amqp.Connection):
    """A connection whose last frame was read long ago; `waiting` are the frames in its socket."""

    def __init__(self, waiting: Sequence[str]) -> None:
        super().__init__(heartbeat=HEARTBEAT_SECONDS)
        self.heartbeat = HEARTBEAT_SECONDS
        self.waiting, self.sent = list(waiting), 0
        self.prev_sent = self.prev_recv = 0
        self.last_heartbeat_sent = self.last_heartbeat_received = monotonic() - LONG_AGO

    def drain_events(self, timeout: float | None = None) -> None:
        assert timeout == 0, "reading must not wait"
        if not self.waiting:
            raise TimeoutError
        self.waiting.pop()
        self.bytes_recv += 1

    def send_heartbeat(self) -> None:
        self.sent += 1


def test_a_heartbeat_that_waits_in_the_socket_was_not_missed():
    connection = QuietConnection(waiting=["heartbeat", "heartbeat"])
    keep_alive(cast("Connection", connection))
    assert (connection.waiting, connection.sent) == ([], 1)


def test_a_peer_that_has_sent_nothing_for_two_heartbeats_is_gone():
    with pytest.raises(ConnectionForced):
        keep_alive(cast("Connection", QuietConnection(waiting=[])))
