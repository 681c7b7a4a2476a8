"""Events on their way out of the gateway: to a webhook, and to open streams."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from pydantic_core import to_json

from deploy.lianshan.load.figures import percentile
from shared.contracts.envelope import CONTENT_TYPE, routing_key
from shared.contracts.examples import example_event
from shared.contracts.registry import load_contracts
from shared.contracts.subscriptions import EVENTS_EXCHANGE
from tests.performance.driver import Publication, Publisher, trickle
from tests.performance.servers import Servers

KIND: Final = "charity.fund.opened"
"""An event that the gateway alone takes."""
ARRIVE_SECONDS: Final = 60.0
STREAMS_EVENTS: Final = 20
_AT_ONCE: Final = 50
_OK: Final = b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n"


def make_events(number: int) -> list[Publication]:
    """Return so many events, each of a fund of its own."""
    load_contracts()
    sample = example_event(KIND)
    now = datetime.now(UTC)
    made = []
    for _ in range(number):
        name = uuid4().hex
        data = sample.data.model_copy(update={"id": f"fund_{name}"}) if hasattr(sample.data, "id") else sample.data
        event = sample.model_copy(update={"id": name, "subject": f"fund_{name}", "time": now, "data": data})
        made.append(
            Publication(
                name, EVENTS_EXCHANGE, routing_key(KIND, event.area), to_json(event), CONTENT_TYPE, event.key, KIND
            )
        )  # fmt: skip
    return made


@dataclass
class Endpoint:
    """An endpoint of a webhook: it takes every message, and notes when each came first."""

    came: dict[str, float] = field(default_factory=dict)
    url: str = ""

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
                headers = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
                await reader.readexactly(int(headers.get("content-length", 0)))
                self.came.setdefault(headers.get("webhook-id", ""), perf_counter())
                writer.write(_OK)
        writer.close()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Take messages meanwhile."""
        server = await asyncio.start_server(self._take, "127.0.0.1")
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/events"
        async with server:
            yield


async def measure_webhook(
    client: httpx.AsyncClient, servers: Servers, *, number: int, per_second: float
) -> dict[str, float | None]:
    """Return p50 and p99 in milliseconds from an event's publication to its receipt by an endpoint."""
    endpoint = Endpoint()
    async with endpoint.listening():
        made = await client.post("/v1/webhooks", json={"name": "Bench", "url": endpoint.url, "types": [KIND]})
        made.raise_for_status()
        left = await asyncio.to_thread(_publish, servers, make_events(number), per_second)
        await _until(lambda: len(endpoint.came.keys() & left.keys()) == len(left))
        (await client.delete(f"/v1/webhooks/{made.json()['id']}")).raise_for_status()
    taken = [endpoint.came[name] - at for name, at in left.items()]
    return {f"p{share * 100:.0f}_ms": _millis(percentile(taken, share)) for share in (0.5, 0.99)}


def _publish(servers: Servers, events: Sequence[Publication], per_second: float) -> dict[str, float]:
    publisher = Publisher(servers)
    try:
        return trickle(publisher, events, per_second)
    finally:
        publisher.close()


async def follow_many(url: str, token: str, servers: Servers, number: int) -> list[bytes]:
    """Open so many streams, have events happen, and return when each stream has had all of them."""
    parts, limit = urlsplit(url), asyncio.Semaphore(_AT_ONCE)
    head = (
        f"GET /v1/events/stream?type={KIND} HTTP/1.1\r\nhost: {parts.netloc}\r\nauthorization: Bearer {token}\r\n\r\n"
    ).encode()
    async with AsyncExitStack() as stack:

        async def open_one() -> asyncio.StreamReader:
            async with limit:
                reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
                stack.callback(writer.close)
                writer.write(head)
                answer = await reader.readuntil(b": connected\n\n")
                if not answer.startswith(b"HTTP/1.1 200"):
                    raise RuntimeError(answer.split(b"\r\n", 1)[0].decode())
                return reader

        readers = await asyncio.gather(*(open_one() for _ in range(number)))
        events = make_events(STREAMS_EVENTS)
        await asyncio.to_thread(_publish, servers, events, 10.0)
        async with asyncio.timeout(ARRIVE_SECONDS):
            return list(await asyncio.gather(*(reader.readuntil(events[-1].need_id.encode()) for reader in readers)))


async def _until(condition: Callable[[], bool]) -> None:
    end = perf_counter() + ARRIVE_SECONDS
    while not condition():
        if perf_counter() > end:
            raise TimeoutError(f"not all events arrived within {ARRIVE_SECONDS:g} s")
        await asyncio.sleep(0.02)


def _millis(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
