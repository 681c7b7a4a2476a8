"""A steady load of writes over HTTP: needs at their moments, however long the answers take."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from typing import Final

import httpx

from deploy.lianshan.load.driver import BUSY
from deploy.lianshan.load.figures import percentile
from deploy.lianshan.load.town import Post, Town

PEAK_SECONDS, PEAK_AT_ONCE, PEAK_NEEDS = 15.0, 64, 10_000
SHOWN_AFTER: Final = 1.0
"""The views are level when they show a need that was answered so many seconds ago."""
AT_ONCE, OPEN_AT_ONCE, TRIES = 8, 512, 8


@dataclass(frozen=True, slots=True)
class Write:
    """One write, in seconds from the moment at which it was due until its answer; `refused` is empty after 2xx."""

    due: float
    seconds: float
    refused: str
    need_id: str


@dataclass(frozen=True, slots=True)
class Period:
    """A part of the run, in seconds of the monotonic clock, and the writes that were due in it."""

    name: str
    began: float
    ended: float
    writes: Sequence[Write]

    def percentile(self, share: float) -> str:
        """Return that percentile of the answered writes, in milliseconds."""
        found = percentile([write.seconds for write in self.writes if not write.refused], share)
        return "–" if found is None else f"{found * 1000:,.0f}"

    @property
    def refused(self) -> "Counter[str]":
        """Return the refusals by status or error."""
        return Counter(write.refused for write in self.writes if write.refused)


@dataclass
class Load:
    """Needs of a town, one after the other at their moments, however long the answers take."""

    client: httpx.AsyncClient
    town: Town
    stations: Sequence[str]
    rate: float
    writes: list[Write] = field(default_factory=list)
    ending: bool = False

    async def run(self) -> None:
        """Write until `ending`, then wait for the answers."""
        began, limit = monotonic(), asyncio.Semaphore(OPEN_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for nth in count():
                due = began + nth / self.rate
                await asyncio.sleep(max(0.0, due - monotonic()))
                if self.ending:
                    return
                await limit.acquire()
                group.create_task(self._write(nth, due, limit))

    async def _write(self, nth: int, due: float, limit: asyncio.Semaphore) -> None:
        refused = need_id = ""
        try:
            answer = await send(self.client, self.town.need(nth, list(self.stations)))
            if answer.is_success:
                need_id = str(answer.json()["id"])
            else:
                refused = str(answer.status_code)
        except httpx.TransportError as error:
            refused = type(error).__name__
        finally:
            limit.release()
        self.writes.append(Write(due, monotonic() - due, refused, need_id))

    def between(self, name: str, began: float, ended: float) -> Period:
        """Return the writes that were due then."""
        return Period(name, began, ended, [write for write in self.writes if began <= write.due < ended])

    async def is_level(self) -> bool:
        """Return whether the views show the newest need that was answered SHOWN_AFTER ago."""
        until = monotonic() - SHOWN_AFTER
        answered = (write for write in reversed(self.writes) if write.need_id and write.due + write.seconds < until)
        newest = next(answered, None)
        if newest is None:
            return False
        answer = await self.client.get(f"/v1/needs/{newest.need_id}", params={"text": "false"})
        return answer.status_code == httpx.codes.OK


async def send(client: httpx.AsyncClient, post: Post) -> httpx.Response:
    return await client.post(post.path, json=post.body, headers={"Idempotency-Key": post.key})


async def make(client: httpx.AsyncClient, post: Post) -> str:
    """Create it, again where the platform is busy; return its id."""
    for attempt in range(TRIES):
        answer = await send(client, post)
        if answer.status_code not in BUSY:
            answer.raise_for_status()
            return str(answer.json().get("id", ""))
        await asyncio.sleep(0.1 * 2**attempt)
    raise TimeoutError(f"POST {post.path} is refused again and again: {answer.text[:300]}")


async def found(client: httpx.AsyncClient, town: Town) -> list[str]:
    """Make the town's places, stations, goods and people; return the stations."""
    await make(client, town.register())
    stations = [await make(client, post) for post in town.stations()]
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(post: Post) -> None:
        async with limit:
            await make(client, post)

    async with asyncio.TaskGroup() as group:
        for post in town.supply(stations):
            group.create_task(one(post))
    return stations


async def find_peak(client: httpx.AsyncClient) -> float:
    """Return the needs a second that are taken in by PEAK_AT_ONCE callers who wait for each answer."""
    town = new_town(PEAK_NEEDS)
    stations, numbers, answered = await found(client, town), count(), 0
    began = monotonic()

    async def call() -> None:
        nonlocal answered
        while monotonic() < began + PEAK_SECONDS:
            answer = await send(client, town.need(next(numbers), stations))
            answered += answer.is_success

    await asyncio.gather(*(call() for _ in range(PEAK_AT_ONCE)))
    return answered / (monotonic() - began)


def new_town(needs: int) -> Town:
    return Town(1, secrets.token_hex(4), needs)
