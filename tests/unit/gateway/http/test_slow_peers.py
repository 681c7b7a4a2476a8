"""Peers that are silent, slow or endless are closed in time, and others are answered meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Final

import pytest
import uvicorn
from pydantic_core import from_json
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from services.gateway.http.connections import ConnectionBounds, Connections
from services.gateway.http.protocol import protocol_in
from shared.words import Wording

SOON: Final = 0.05
"""The time that a peer has, in seconds."""
NEVER: Final = 60.0
GET: Final = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
CHUNKED: Final = b"POST /%s HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the body of `/read`, leaves that of other paths alone, and answers with as much as the path says."""
    heard = {"type": "", "more_body": scope["path"] == "/read"}
    while heard.get("more_body"):
        heard = dict(await receive())
    amount = int(scope["path"][1:]) if scope["path"][1:].isdigit() else 2
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % amount)]})
    await send({"type": "http.response.body", "body": b"." * amount})


@asynccontextmanager
async def serving(
    head: float = NEVER, body: float = NEVER, write: float = NEVER, most: int = 10, unread: int = 1_000_000_000
) -> AsyncIterator[Callable[[], Awaitable[Peer]]]:
    """A server with those bounds; gives a function that connects to it."""
    bounds = ConnectionBounds(head, body, write, most, most, unread)
    protocol = protocol_in(Wording("en", UTC), Connections(bounds))
    config = uvicorn.Config(app, http=protocol, log_config=None, access_log=False, lifespan="off")
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol(config, state, {}), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    writers: list[asyncio.StreamWriter] = []

    async def connect() -> Peer:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writers.append(writer)
        return reader, writer

    try:
        async with asyncio.timeout(10):
            yield connect
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        for connection in list(state.connections):
            connection.transport.abort()


async def rest(reader: asyncio.StreamReader) -> bytes:
    """All until the connection is closed."""
    try:
        return await reader.read(-1)
    except ConnectionResetError:
        return b""


async def trickle(writer: asyncio.StreamWriter, more: bytes, closed: asyncio.Task[bytes]) -> None:
    """Send more and more until the connection is closed; the test runs out of its time where that never happens."""
    while not closed.done():
        writer.write(more)
        await asyncio.sleep(SOON / 5)


def rule_of(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), str(from_json(body)["rule"])


def play(story: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(story())  # type: ignore[arg-type]


def test_a_connection_without_a_word_is_closed() -> None:
    async def story() -> None:
        async with serving(head=SOON) as connect:
            reader, _ = await connect()
            assert await rest(reader) == b""

    play(story)


def test_half_headers_are_answered_408() -> None:
    async def story() -> None:
        async with serving(head=SOON) as connect:
            reader, writer = await connect()
            writer.write(GET[:10])
            assert rule_of(await rest(reader)) == (408, "request_incomplete")

    play(story)


def test_half_a_body_is_answered_408() -> None:
    async def story() -> None:
        async with serving(body=SOON) as connect:
            reader, writer = await connect()
            writer.write(CHUNKED % b"read" + b"1\r\n.\r\n")
            assert rule_of(await rest(reader)) == (408, "request_incomplete")

    play(story)


@pytest.mark.parametrize(("begin", "more"), [(GET[:16], b"X: y\r\n"), (CHUNKED % b"read", b"1\r\n.\r\n")])
def test_headers_and_bodies_that_trickle_in_are_cut_off_however_regularly_they_come(begin: bytes, more: bytes) -> None:
    async def story() -> None:
        async with serving(head=SOON, body=SOON) as connect:
            reader, writer = await connect()
            closed = asyncio.create_task(rest(reader))
            writer.write(begin)
            await trickle(writer, more, closed)

    play(story)


def test_half_headers_after_an_answered_request_are_cut_off_too() -> None:
    async def story() -> None:
        async with serving(head=SOON) as connect:
            reader, writer = await connect()
            writer.write(GET + GET[:10])
            answer = await rest(reader)
            assert answer.startswith(b"HTTP/1.1 200")
            assert b"HTTP/1.1 408" in answer

    play(story)


def test_endless_chunks_to_a_path_that_reads_no_body_are_cut_off_after_its_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story() -> None:
        async with serving() as connect:
            reader, writer = await connect()
            writer.write(CHUNKED % b"")
            assert (await reader.readuntil(b"..")).startswith(b"HTTP/1.1 200")
            await trickle(writer, b"1\r\n.\r\n", asyncio.create_task(rest(reader)))

    monkeypatch.setattr("services.gateway.http.protocol.LINGER_SECONDS", SOON)
    play(story)


def test_a_peer_that_does_not_take_its_answer_is_cut_off() -> None:
    async def story() -> None:
        async with serving(write=SOON) as connect:
            reader, writer = await connect()
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(GET.replace(b"/ ", b"/12000000 "))
            await asyncio.sleep(10 * SOON)
            writer.transport.resume_reading()  # type: ignore[attr-defined]
            assert len(await rest(reader)) < 12_000_000

    play(story)


def test_a_request_that_comes_in_time_is_answered_on_the_same_connection_again_and_again() -> None:
    async def story() -> None:
        async with serving(head=SOON, body=SOON, write=SOON) as connect:
            reader, writer = await connect()
            for _ in range(3):
                writer.write(CHUNKED % b"read" + b"1\r\n.\r\n0\r\n\r\n")
                answer = await reader.readuntil(b"..")
                assert answer.startswith(b"HTTP/1.1 200")
                await asyncio.sleep(1.5 * SOON)

    play(story)


def test_silent_connections_at_the_limit_keep_nobody_out() -> None:
    async def story() -> None:
        async with serving(most=3) as connect:
            silent = [await connect() for _ in range(3)]
            reader, writer = await connect()
            writer.write(GET)
            assert (await reader.readuntil(b"..")).startswith(b"HTTP/1.1 200")
            assert await rest(silent[0][0]) == b""

    play(story)


def test_beyond_connections_that_are_all_at_work_a_new_one_hears_when_to_come_again() -> None:
    async def story() -> None:
        async with serving(most=2) as connect:
            for _ in range(2):
                _, writer = await connect()
                writer.write(CHUNKED % b"read")
            await asyncio.sleep(SOON)
            reader, _ = await connect()
            answer = await rest(reader)
            assert rule_of(answer) == (503, "too_many_connections")
            assert b"retry-after: 5" in answer.lower()

    play(story)


@pytest.mark.parametrize("path", [b"5", b"1000000"])
def test_garbage_in_a_body_that_was_answered_already_closes_the_connection_without_a_fault(path: bytes) -> None:
    async def story() -> None:
        faults: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
        async with serving() as connect:
            reader, writer = await connect()
            writer.write(CHUNKED % path)
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"zz\r\n")
            await rest(reader)
        assert not faults

    play(story)


def test_headers_of_ten_mebibytes_are_answered_431_once_their_sender_has_sent_them() -> None:
    async def story() -> None:
        async with serving() as connect:
            reader, writer = await connect()
            writer.write(GET[:16])
            for _ in range(160):
                writer.write(b"X: " + b"y" * 65_533)
                await writer.drain()
            assert rule_of(await reader.readuntil(b"}}")) == (431, "headers_too_large")

    play(story)


def test_headers_that_never_end_are_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with serving() as connect:
            reader, writer = await connect()
            writer.write(GET[:16])
            await trickle(writer, b"y" * 65_536, asyncio.create_task(rest(reader)))

    monkeypatch.setattr("services.gateway.http.protocol.LINGER_SECONDS", SOON)
    play(story)
    monkeypatch.setattr("services.gateway.http.protocol.LINGER_SECONDS", NEVER)
    monkeypatch.setattr("services.gateway.http.protocol.MOST_IGNORED", 300_000)
    play(story)


def test_answers_that_nobody_takes_are_dropped_once_they_fill_the_memory_for_them() -> None:
    async def story() -> None:
        async with serving(unread=20_000_000) as connect:
            greedy = [await connect() for _ in range(4)]
            for _, writer in greedy:
                writer.transport.pause_reading()  # type: ignore[attr-defined]
                writer.write(GET.replace(b"/ ", b"/12000000 "))
                await asyncio.sleep(SOON)
            for _, writer in greedy:
                writer.transport.resume_reading()  # type: ignore[attr-defined]
            (slowest, _), *_, (last, _) = greedy
            await last.readuntil(b"\r\n\r\n")
            assert await last.readexactly(12_000_000)
            assert len(await rest(slowest)) < 12_000_000

    play(story)
