"""Callers over HTTP/1.1 who cost next to nothing: the machine's cores are for the platform."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter
from typing import Final
from urllib.parse import urlsplit

CREATED: Final = 201
_LENGTH: Final = b"content-length:"
_MOST_HEAD: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """A request: its line, its body, and two headers for it alone."""

    line: str
    body: bytes = b""
    key: str = ""
    prefer: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """One connection that is kept."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    head: bytes
    """The headers of every request."""

    async def send(self, call: Call) -> tuple[int, bytes]:
        """Send the request; return the status and the body of its answer. Raises OSError or IncompleteReadError."""
        key = f"idempotency-key: {call.key}\r\n" if call.key else ""
        prefer = f"prefer: {call.prefer}\r\n" if call.prefer else ""
        own = f"{call.line} HTTP/1.1\r\n{key}{prefer}content-length: {len(call.body)}\r\n"
        self.writer.write(own.encode() + self.head + call.body)
        answered = await self.reader.readuntil(b"\r\n\r\n")
        length = next(line for line in answered.lower().split(b"\r\n") if line.startswith(_LENGTH))
        return int(answered.split(b" ", 2)[1]), await self.reader.readexactly(int(length[len(_LENGTH) :]))


@asynccontextmanager
async def calling(url: str, token: str, number: int) -> AsyncIterator[list[Caller]]:
    """So many callers, each on a connection of its own."""
    parts = urlsplit(url)
    head = f"host: {parts.netloc}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\r\n".encode()
    async with AsyncExitStack() as stack:
        callers = []
        for _ in range(number):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=_MOST_HEAD)
            stack.callback(writer.close)
            callers.append(Caller(reader, writer, head))
        yield callers


@dataclass
class Answered:
    """The answers of one part of a run: their seconds each, and the seconds of all."""

    seconds: float = 0.0
    each: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.each) / self.seconds


async def press(callers: list[Caller], calls: Callable[[int], Call], seconds: float, expected: int) -> Answered:
    """Have each caller send its next call as soon as the last one is answered, for so long."""
    found, numbers, began = Answered(), count(), perf_counter()

    async def call(caller: Caller) -> None:
        while (sent := perf_counter()) < began + seconds:
            status, _ = await caller.send(calls(next(numbers)))
            if status == expected:
                found.each.append(perf_counter() - sent)
            else:
                found.refused += 1

    await asyncio.gather(*map(call, callers))
    found.seconds = perf_counter() - began
    return found
