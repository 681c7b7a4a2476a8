"""The driver of the load: an open loop, so that a slow platform does not slow its own load down."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import cycle
from time import monotonic, thread_time
from typing import Final

import httpx
from pydantic_core import from_json

from deploy.lianshan.load.figures import Figures, Happened
from deploy.lianshan.load.town import Body, Post, Town

OPEN_AT_ONCE: Final = 256
"""Calls without an answer; beyond this number the load falls behind its rate, and the figures show it."""
POOLS: Final = 16
"""Pools of connections: httpx searches a whole pool at each call, which is most of a call's cost with hundreds."""
CALL_SECONDS: Final = 30.0
SETUP_AT_ONCE: Final = 8
SETUP_TRIES: Final = 5
STUCK_SECONDS: Final = 30.0
"""At the end, so long without a further need that becomes ready means that no other one will."""
LOOK_SECONDS: Final = 0.2
QUEUE_SECONDS: Final = 1.0
BUSY: Final = frozenset({429, 502, 503, 504})
_COUNTED: Final[dict[bytes, Happened]] = {
    b"event: stations.need.published": "published",
    b"event: stations.need.ready": "ready",
}

ReadDepths = Callable[[], dict[str, int]]
"""Returns the number of waiting messages of each queue."""


class LoadFailedError(RuntimeError):
    """The load could not be driven; the message says why."""


@dataclass
class Driver:
    """One run against one gateway. Raises LoadFailedError."""

    client: httpx.AsyncClient
    town: Town
    figures: Figures
    read_depths: ReadDepths | None = None
    stations: list[str] = field(default_factory=list)
    _last: str = ""
    """The cursor of the last event that was received."""

    async def run(self) -> None:
        """Make the town, publish its needs at the rate, wait until the last need is ready or stuck."""
        await self._prepare()
        async with self._in_background(self._listen()) as listening, self._in_background(self._watch_queues()):
            await self._await_feed(listening)
            self.figures.began = monotonic()
            await self.publish()
            await self._await_last()

    # ---- before ---------------------------------------------------------------------------------------------

    async def _prepare(self) -> None:
        await self._post_until_done(self.town.register())
        self.stations = [str((await self._post_until_done(post))["id"]) for post in self.town.stations()]
        limit = asyncio.Semaphore(SETUP_AT_ONCE)

        async def make(post: Post) -> None:
            async with limit:
                await self._post_until_done(post)

        async with asyncio.TaskGroup() as group:
            for post in self.town.supply(self.stations):
                group.create_task(make(post))

    async def _post_until_done(self, post: Post) -> Body:
        """Post, again where the platform is busy: with the same key it is made once. Raises LoadFailedError."""
        failure = ""
        for attempt in range(SETUP_TRIES):
            try:
                answer = await self._post(post)
            except httpx.TransportError as error:
                failure = f"no answer ({type(error).__name__})"
            else:
                if answer.is_success:
                    return dict(answer.json())
                failure = f"{answer.status_code}: {answer.text[:300]}"
                if answer.status_code not in BUSY:
                    break
            await asyncio.sleep(0.2 * 2**attempt)
        raise LoadFailedError(f"the town for the load cannot be made: POST {post.path}: {failure}")

    async def _post(self, post: Post) -> httpx.Response:
        return await self.client.post(post.path, json=post.body, headers={"Idempotency-Key": post.key})

    # ---- meanwhile ------------------------------------------------------------------------------------------

    async def publish(self) -> None:
        """Send all needs, each at its moment; later where too many answers are missing."""
        limit, figures, worked = asyncio.Semaphore(OPEN_AT_ONCE), self.figures, thread_time()
        async with asyncio.TaskGroup() as group:
            for nth in range(figures.asked):
                due = figures.began + nth / figures.asked_rate
                # A need that is late already does not wait a round of the loop: that would make it later.
                if (wait := due - monotonic()) > 0:
                    await asyncio.sleep(wait)
                came = monotonic()
                await limit.acquire()
                figures.count_sent(late=monotonic() - due, held_up=monotonic() - came)
                group.create_task(self._send_need(nth, limit))
        figures.end_sending(thread_time() - worked)

    async def _send_need(self, nth: int, limit: asyncio.Semaphore) -> None:
        sent = monotonic()
        try:
            answer = await self._post(self.town.need(nth, self.stations))
        except httpx.TransportError as error:
            self.figures.errors[type(error).__name__] += 1
        else:
            if answer.is_success:
                self.figures.accept(str(answer.json()["id"]), monotonic() - sent)
            else:
                self.figures.errors[_describe_refusal(answer)] += 1
        finally:
            limit.release()

    async def _listen(self) -> None:
        """Receive the events of the feed from now on; after a lost connection from the last one on."""
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
                self._take_event(block)

    def _take_event(self, block: bytes) -> None:
        """Take an event of the stream in its text form: id, event, data. A comment that keeps it open has no id."""
        head, _, data = block.partition(b"\ndata: ")
        cursor, _, kind = head.partition(b"\n")
        if not cursor.startswith(b"id: "):
            return
        self._last = cursor[4:].decode()
        # The rest is left unread: parsing every event would make this command the limit.
        if happened := _COUNTED.get(kind):
            event = from_json(data)
            self.figures.count_event(happened, event["subject"], datetime.fromisoformat(event["time"]).timestamp())

    async def _watch_queues(self) -> None:
        while self.read_depths is not None:
            self.figures.queues = await asyncio.to_thread(self.read_depths)
            await asyncio.sleep(QUEUE_SECONDS)

    @asynccontextmanager
    async def _in_background(self, work: Coroutine[None, None, None]) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(work)
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    # ---- after ----------------------------------------------------------------------------------------------

    async def _await_feed(self, listening: asyncio.Task[None]) -> None:
        """Wait until the feed is being read: an event before would be missed."""
        end_at = monotonic() + CALL_SECONDS
        while not self._last:
            if listening.done():
                await listening
            if monotonic() > end_at:
                raise LoadFailedError("the feed cannot be read: GET /v1/events/stream gives no answer")
            await asyncio.sleep(0.01)

    async def _await_last(self) -> None:
        ended, since = self.figures.ended, monotonic()
        while ended < len(self.figures.accepted) and monotonic() - since < STUCK_SECONDS:
            await asyncio.sleep(LOOK_SECONDS)
            if self.figures.ended != ended:
                ended, since = self.figures.ended, monotonic()


def _describe_refusal(answer: httpx.Response) -> str:
    with suppress(ValueError):
        body = answer.json()
        if isinstance(body, dict) and body.get("code"):
            return f"{answer.status_code} {body['code']}"
    return str(answer.status_code)


def make_client(gateway_url: str, token: str) -> httpx.AsyncClient:
    """Return a client for `Driver`; the caller closes it."""
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
        """Send the request by the next pool."""
        return await next(self._turns).handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections of all pools."""
        for pool in self._pools:
            await pool.aclose()
