"""A receiver of webhooks over real HTTP on loopback: it keeps each request, and answers as it is told."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from time import time
from typing import Any

import h11
from ports import free_port


@dataclass(frozen=True)
class Received:
    """One request: its headers by their names in lower case, and the time of its receipt."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


def verify(secret: str, received: Received) -> dict[str, Any]:
    """Return the event, verified by the official library of Standard Webhooks, which raises for another signature."""
    # Here, so that tests without webhooks need no library for them.
    library = import_module("standardwebhooks")
    found: dict[str, Any] = library.Webhook(secret).verify(received.body, received.headers)
    return found


@dataclass
class Answer:
    """The answer to a request: after so many seconds, with so many bytes more than are read."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0
    more: int = 0


@dataclass
class Receiver:
    """An endpoint at `url`. `answer` may be replaced at any time."""

    port: int
    answer: Callable[[Received], Answer] = field(default=lambda _: Answer())
    received: list[Received] = field(default_factory=list)
    open: int = 0
    most_open: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks?token=hidden"

    def posts(self) -> list[Received]:
        return [one for one in list(self.received) if one.method == "POST"]

    def verified(self, secret: str) -> list[dict[str, Any]]:
        """Return the events, each verified by the official library of Standard Webhooks."""
        return [verify(secret, one) for one in self.posts()]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            while await self._serve_one(connection, reader, writer):
                connection.start_next_cycle()
        except (ConnectionError, h11.ProtocolError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def _serve_one(
        self, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        request, body = None, b""
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(65536))
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                break
            else:
                return False
        assert request is not None
        headers = {name.decode(): value.decode() for name, value in request.headers}
        received = Received(request.method.decode(), request.target.decode(), headers, body, time())
        self.received.append(received)
        answer = self.answer(received)
        if answer.after:
            await asyncio.sleep(answer.after)
        length = [("content-length", str(answer.more))]
        writer.write(
            connection.send(h11.Response(status_code=answer.status, headers=[*answer.headers.items(), *length])) or b""
        )
        for _ in range(answer.more // 65536):
            writer.write(connection.send(h11.Data(data=b"x" * 65536)) or b"")
            await writer.drain()
        if answer.more % 65536:
            writer.write(connection.send(h11.Data(data=b"x" * (answer.more % 65536))) or b"")
        writer.write(connection.send(h11.EndOfMessage()) or b"")
        await writer.drain()
        return connection.our_state is h11.DONE and connection.their_state is h11.DONE


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that runs in a thread of its own, and ends with the block."""
    receiver, ready = Receiver(free_port()), threading.Event()
    loop, ending = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with await asyncio.start_server(receiver._serve, "127.0.0.1", receiver.port):
            ready.set()
            await ending.wait()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:  # it also ends the connections
            runner.run(serve())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield receiver
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join(10)
