"""The client for programs with asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from .calls import Call, Listing, Value
from .errors import AnswerNotUnderstoodError
from .events import FeedEntry
from .feed import SILENCE_SECONDS, Close, Give, Hear, Listen, follow
from .flow import MOST_BYTES, MOST_BYTES_OF_REFUSAL, Clock, Fault, Outcome, Pause, Reply, Send, Settings, carry_out

if TYPE_CHECKING:
    from typing_extensions import Self

Answer = TypeVar("Answer")
Page = TypeVar("Page")
Item = TypeVar("Item")


class AsyncClient:
    """Sends calls to one gateway with one key. Tasks may share it; close it, or use it as a context manager.

    `language` is that of sentences, `en` or `zh`. `timeout` is in seconds, for a call with all its attempts; `attempts`
    counts the first one as well. `transport` takes the place of the network in tests.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        language: str = "en",
        timeout: float = 30.0,
        attempts: int = 5,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._settings = Settings(url, key, language, timeout, attempts)
        self._clock = clock or Clock()
        self._http = httpx.AsyncClient(transport=transport, timeout=timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, call: Call[Answer]) -> Answer:
        """Return the answer to the call. Raises ApiError for a refusal, NoAnswerError where none came in time."""
        steps = carry_out(call, self._settings, self._clock)
        step = next(steps)
        try:
            while True:
                step = steps.send(await self._take(step))
        except StopIteration as done:
            answer: Answer = done.value
            return answer

    async def iterate(self, listing: Listing[Page, Item]) -> AsyncIterator[Item]:
        """Yield the items of a list, reading page after page as they are used."""
        while True:
            page: Any = await self.send(listing)
            for item in page["items"]:
                yield item
            if page["next"] is None:
                return
            listing = listing.following(page["next"])

    async def follow(self, after: str | int | None = None, **filters: Value) -> AsyncIterator[FeedEntry]:
        """Yield the events behind the cursor as they happen, without an end; "0" begins with the first one.

        Keep the `cursor` of an entry once its event is dealt with. A broken connection is taken up where it broke.
        None begins now, and begins now again where the connection breaks before the first event. Raises GoneError for a
        cursor that no longer leads on, with `start`. `filters` are the parameters of `GET /v1/events/stream`.
        """
        steps = follow(self._settings, self._clock, after, filters)
        async with _Open(self._http) as opened:
            step = next(steps)
            while True:
                outcome: Outcome | bytes | None = None
                if isinstance(step, Give):
                    for entry in step.entries:
                        yield entry
                elif isinstance(step, Listen):
                    outcome = await opened.listen(step.request)
                elif isinstance(step, Hear):
                    outcome = await opened.hear()
                elif isinstance(step, Close):
                    await opened.close()
                else:
                    outcome = await self._take(step)
                step = steps.send(outcome)

    async def _take(self, step: Send | Pause) -> Outcome | None:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        return await self._exchange(step)

    async def _exchange(self, step: Send) -> Outcome:
        ends = self._clock.now() + step.seconds
        body = bytearray()
        try:
            async with self._http.stream(
                step.method,
                step.url,
                params=step.parameters,
                headers=step.headers,
                content=step.content,
                timeout=step.seconds,
            ) as response:
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise AnswerNotUnderstoodError(f"The answer is longer than {MOST_BYTES} bytes.")
                    if self._clock.now() > ends:
                        return Fault(TimeoutError("The answer came too slowly."))
                return Reply(response.status_code, response.headers, bytes(body))
        except (httpx.RequestError, OSError) as error:  # a fault within TLS comes as ssl.SSLError
            return Fault(error)


class _Open:
    """The one stream that is open."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._response: httpx.Response | None = None
        self._chunks: AsyncIterator[bytes] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def listen(self, step: Send) -> Outcome:
        await self.close()
        request = self._http.build_request(
            step.method, step.url, params=step.parameters, headers=step.headers, timeout=SILENCE_SECONDS
        )
        try:
            self._response = response = await self._http.send(request, stream=True)
            self._chunks = response.aiter_bytes()
            body = bytearray()
            while response.status_code != httpx.codes.OK and len(body) < MOST_BYTES_OF_REFUSAL:
                chunk = await anext(self._chunks, b"")
                if not chunk:
                    break
                body += chunk
        except (httpx.RequestError, OSError) as error:  # a fault within TLS comes as ssl.SSLError
            return Fault(error)
        return Reply(response.status_code, response.headers, bytes(body))

    async def hear(self) -> bytes | Fault:
        try:
            return b"" if self._chunks is None else await anext(self._chunks, b"")
        except (httpx.RequestError, OSError) as error:  # a fault within TLS comes as ssl.SSLError
            return Fault(error)

    async def close(self) -> None:
        if self._response is not None:
            await self._response.aclose()
            self._response = None
