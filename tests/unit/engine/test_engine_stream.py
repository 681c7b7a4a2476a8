"""Frames are taken whole from large pieces of the socket, shared with py-amqp, and a stream out of step is an error."""

from collections.abc import Iterator
from contextlib import contextmanager
from struct import pack
from types import SimpleNamespace
from typing import Any

import pytest
from amqp.exceptions import UnexpectedFrame

from shared.engine.amqp.frames import RECEIVE_BYTES, Stream


def frame(channel: int, payload: bytes, end: int = 0xCE) -> bytes:
    return pack(">BHI", 1, channel, len(payload)) + payload + bytes((end,))


class Line:
    """A connection whose socket gives `pieces`, then nothing."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.asked: list[int] = []
        self.timeouts: list[float] = []
        self.frames: list[tuple[int, int, bytes]] = []
        self.transport: Any = SimpleNamespace(
            _read_buffer=b"", sock=SimpleNamespace(recv=self.recv), having_timeout=self.having_timeout
        )
        self.stream = Stream(self)  # type: ignore[arg-type]

    def recv(self, size: int) -> bytes:
        self.asked.append(size)
        if not self.pieces:
            raise TimeoutError
        return self.pieces.pop(0)

    @contextmanager
    def having_timeout(self, seconds: float) -> Iterator[None]:
        self.timeouts.append(seconds)
        yield

    def on_inbound_frame(self, found: tuple[int, int, bytes]) -> None:
        self.frames.append(found)

    def drain(self, most: int = 1000) -> list[tuple[int, bytes]]:
        self.stream.drain(lambda: len(self.frames) >= most)
        return [(channel, payload) for _, channel, payload in self.frames]


def test_every_frame_that_has_arrived_is_handled_without_waiting():
    line = Line(frame(1, b"one") + frame(2, b"") + frame(3, b"three"))
    assert line.drain() == [(1, b"one"), (2, b""), (3, b"three")]
    assert line.timeouts == [0]
    assert line.asked == [RECEIVE_BYTES] * 2
    assert line.frames[0][0] == 1


@pytest.mark.parametrize("cut", range(1, 11))
def test_a_frame_that_arrives_in_pieces_is_handled_when_it_is_whole(cut: int):
    whole = frame(7, b"abc")
    line = Line(whole[:cut])
    assert line.drain() == []
    line.pieces = [whole[cut:] + frame(8, b"d")]
    assert line.drain() == [(7, b"abc"), (8, b"d")]


def test_no_more_is_handled_than_is_enough_and_the_rest_is_kept():
    line = Line(frame(1, b"a") + frame(2, b"b"))
    assert line.drain(1) == [(1, b"a")]
    assert line.asked == [RECEIVE_BYTES]
    assert line.drain(2) == [(1, b"a"), (2, b"b")]
    assert line.asked == [RECEIVE_BYTES], "it was in the buffer"


def test_the_start_of_a_frame_that_py_amqp_was_reading_comes_first():
    whole = frame(7, b"abc")
    line = Line(whole[4:])
    line.transport._read_buffer = whole[:4]
    assert line.drain() == [(7, b"abc")]
    assert line.transport._read_buffer == b""


def test_py_amqp_reads_from_the_same_buffer_before_it_asks_the_socket():
    line = Line(b"abcdef", b"gh")
    read = line.transport._quick_recv
    assert [read(4), read(4), read(1)] == [b"abcd", b"ef", b"g"]
    assert line.asked == [RECEIVE_BYTES] * 2
    assert read(9) == b"h"
    line.pieces = [b"x" * (RECEIVE_BYTES + 7)]
    assert len(read(RECEIVE_BYTES + 9)) == RECEIVE_BYTES + 7
    assert line.asked[-1] == RECEIVE_BYTES + 9, "as much as is asked for"


def test_a_frame_that_does_not_end_where_it_should_is_named():
    with pytest.raises(UnexpectedFrame, match="a frame ends in 0x41 instead of 0xce"):
        Line(frame(1, b"abc", end=0x41)).drain()


def test_a_broker_that_has_closed_the_connection_is_an_error():
    with pytest.raises(OSError, match="the broker has closed the connection"):
        Line(b"").drain()
