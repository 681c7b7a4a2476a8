"""Brings the load: an open loop, so that a slow platform is not asked more slowly."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import cycle
from time import monotonic, thread_time
from typing import Any, Final

import httpx
from pydantic_core import from_json

from deploy.lianshan.load.figures import Figures
from deploy.lianshan.load.town import Post, Town

OPEN_AT_ONCE: Final = 256
"""Calls without an answer; beyond that the load falls behind what was asked, and shows it."""
POOLS: Final = 16
"""Of connections: httpx looks through all of a pool at each call, which is most of a call's cost with hundreds."""
CALL_SECONDS: Final = 30.0
SETUP_AT_ONCE: Final = 8
SETUP_TRIES: Final = 5
STUCK_SECONDS: Final = 30.0
"""At the end, so long without a further need that is ready means that the others will not be."""
LOOK_SECONDS: Final = 0.2
QUEUE_SECONDS: Final = 1.0
BUSY: Final = frozenset({429, 502, 503, 504})
_HEARD: Final = {b"event: stations.need.published": "published", b"event: stations.need.ready": "ready"}

Depths = Callable[[], dict[str, int]]


class LoadFailedError(RuntimeError):
    """The load could not be brought; says why."""


@dataclass
class Driver:
    """One run against one gateway. Raises LoadFailedError."""

    client: httpx.AsyncClient
    town: Town
    figures: Figures
    depths: Depths | None = None
    stations: list[str] = field(default_factory=list)
    _last: str = ""
    """The cursor of the last event that was heard."""

    async def run(self) -> None:
        """Make what the town needs, publish at the rate, wait for the last need's end."""
        await self._prepare()
        async with self._aside(self._listen()) as listening, self._aside(self._watch_queues()):
            await self._wait_for_ears(listening)
            self.figures.began = monotonic()
            await self.publish()
            await self._wait_for_the_last()

    # ---- before ---------------------------------------------------------------------------------------------

    async def _prepare(self) -> None:
        await self._insist(self.town.register())
        self.stations = [str((await self._insist(post))["id"]) for post in self.town.stations()]
        limit = asyncio.Semaphore(SETUP_AT_ONCE)

        async def make(post: Post) -> None:
            async with limit:
                await self._insist(post)

        async with asyncio.TaskGroup() as group:
            for post in self.town.supply(self.stations):
                group.create_task(make(post))

    async def _insist(self, post: Post) -> Any:
        said = ""
        for attempt in range(SETUP_TRIES):
            try:
                answer = await self._post(post)
            except httpx.TransportError as error:
                said = f"no answer ({type(error).__name__})"
            else:
                if answer.is_success:
                    return answer.json()
                said = f"{answer.status_code}: {answer.text[:300]}"
                if answer.status_code not in BUSY:
                    break
            await asyncio.sleep(0.2 * 2**attempt)
        raise LoadFailedError(f"the town for the load cannot be made: POST {post.path}: {said}")

    async def _post(self, post: Post) -> httpx.Response:
        return await self.client.post(post.path, json=post.body, headers={"Idempotency-Key": post.key})

    # ---- meanwhile ------------------------------------------------------------------------------------------

    async def publish(self) -> None:
        """All needs, each at its moment; later where too many answers are missing."""
        limit, figures, worked = asyncio.Semaphore(OPEN_AT_ONCE), self.figures, thread_time()
        async with asyncio.TaskGroup() as group:
            for nth in range(figures.asked):
                due = figures.began + nth / figures.asked_rate
                # Who is late does not wait a round of the loop for each need: that would make it later.
                if (wait := due - monotonic()) > 0:
                    await asyncio.sleep(wait)
                came = monotonic()
                await limit.acquire()
                figures.brought(late=monotonic() - due, held_up=monotonic() - came)
                group.create_task(self._one(nth, limit))
        figures.ended_bringing(thread_time() - worked)

    async def _one(self, nth: int, limit: asyncio.Semaphore) -> None:
        sent = monotonic()
        try:
            answer = await self._post(self.town.need(nth, self.stations))
        except httpx.TransportError as error:
            self.figures.errors[type(error).__name__] += 1
        else:
            if answer.is_success:
                self.figures.accept(str(answer.json()["id"]), monotonic() - sent)
            else:
                self.figures.errors[_kind(answer)] += 1
        finally:
            limit.release()

    async def _listen(self) -> None:
        """Hear what happens, over the feed, from now on."""
        while True:
            headers = {"Last-Event-ID": self._last} if self._last else {}
            with suppress(httpx.TransportError):
                async with self.client.stream("GET", "/v1/events/stream", headers=headers) as stream:
                    if stream.status_code not in BUSY and not stream.is_success:
                        raise LoadFailedError(f"the feed cannot be read: GET /v1/events/stream: {stream.status_code}")
                    self._last = self._last or "0"
                    await self._take(stream)
            await asyncio.sleep(LOOK_SECONDS)

    async def _take(self, stream: httpx.Response) -> None:
        rest = b""
        async for piece in stream.aiter_raw():
            *blocks, rest = (rest + piece).split(b"\n\n")
            for block in blocks:
                self._hear(block)

    def _hear(self, block: bytes) -> None:
        head, _, data = block.partition(b"\ndata: ")
        cursor, _, kind = head.partition(b"\n")
        if not cursor.startswith(b"id: "):
            return
        self._last = cursor[4:].decode()
        if happened := _HEARD.get(kind):
            event = from_json(data)
            self.figures.hear(happened, event["subject"], datetime.fromisoformat(event["time"]).timestamp())

    async def _watch_queues(self) -> None:
        while self.depths is not None:
            self.figures.queues = await asyncio.to_thread(self.depths)
            await asyncio.sleep(QUEUE_SECONDS)

    @asynccontextmanager
    async def _aside(self, work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(work)
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    # ---- after ----------------------------------------------------------------------------------------------

    async def _wait_for_ears(self, listening: asyncio.Task[None]) -> None:
        end_at = monotonic() + CALL_SECONDS
        while not self._last:
            if listening.done():
                await listening
            if monotonic() > end_at:
                raise LoadFailedError("the feed cannot be read: GET /v1/events/stream gives no answer")
            await asyncio.sleep(0.01)

    async def _wait_for_the_last(self) -> None:
        ended, since = self.figures.ended, monotonic()
        while ended < len(self.figures.accepted) and monotonic() - since < STUCK_SECONDS:
            await asyncio.sleep(LOOK_SECONDS)
            if self.figures.ended != ended:
                ended, since = self.figures.ended, monotonic()


def _kind(answer: httpx.Response) -> str:
    with suppress(ValueError):
        body = answer.json()
        if isinstance(body, dict) and body.get("code"):
            return f"{answer.status_code} {body['code']}"
    return str(answer.status_code)


def client(gateway_url: str, token: str) -> httpx.AsyncClient:
    """For `Driver`; to be closed."""
    return httpx.AsyncClient(
        base_url=gateway_url,
        headers={"Authorization": f"Bearer {token}"},
        timeout=httpx.Timeout(CALL_SECONDS, pool=None),
        transport=Pools(),
        trust_env=False,
    )


class Pools(httpx.AsyncBaseTransport):
    """Several pools of connections, taken in turn."""

    def __init__(self) -> None:
        tls = httpx.create_ssl_context(trust_env=False)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=OPEN_AT_ONCE // POOLS)
        self._pools = [httpx.AsyncHTTPTransport(verify=tls, limits=limits, trust_env=False) for _ in range(POOLS)]
        self._turns = cycle(self._pools)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """By the next pool."""
        return await next(self._turns).handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections."""
        for pool in self._pools:
            await pool.aclose()
