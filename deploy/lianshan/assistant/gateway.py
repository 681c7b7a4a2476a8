"""The gateway's API as the tools use it: each request with the caller's own key, within limits of time and bytes."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final, Self

import httpx
from pydantic_core import from_json

from deploy.lianshan.assistant.operations import Json
from shared.contracts import Refused
from shared.words import Language

SECONDS: Final = 20.0
"""For one request: twice the time that the gateway gives a command, so that its own answer comes first."""
MOST_READ: Final = 4 * 1024 * 1024
"""Bytes of an answer that are read at all. The description of the API has 1.3 MB, a page of 200 needs less."""
_DIGITS: Final = 6
"""Digits of a `Retry-After` that is passed on, in seconds; the gateway names some minutes at most."""
_PAUSES: Final = frozenset({429, 502, 503, 504})
"""Statuses by which a proxy before the gateway says, in no form of the API's, that it cannot be reached now."""
_LIMITS: Final = httpx.Limits(max_connections=32, max_keepalive_connections=8)


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `authorization` is the header as the caller sent it."""

    method: str
    path: str
    authorization: bytes = field(default=b"", repr=False)
    query: Mapping[str, str | list[str]] = field(default_factory=dict)
    body: Json | None = field(default=None, repr=False)
    idempotency_key: str = ""


class ProblemError(Exception):
    """The gateway's refusal: its problem document (RFC 9457), with `retry_after` in seconds where it names one."""

    def __init__(self, problem: Json) -> None:
        super().__init__(str(problem.get("rule", "")))
        self.problem = problem


@cache
def _trusted() -> ssl.SSLContext:
    """Return the authorities that are trusted, read once."""
    return httpx.create_ssl_context()


class Gateway:
    """Sends requests to one gateway. It follows no redirection and knows no key of its own."""

    def __init__(self, url: str, language: Language, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.url = url
        # Callers share no cookie. No proxy or password of the environment: a key goes to the gateway and nowhere else.
        self._http = httpx.AsyncClient(
            base_url=url, headers={"Accept-Language": language}, timeout=SECONDS, limits=_LIMITS,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])), follow_redirects=False, trust_env=False,
            verify=_trusted(), transport=transport,
        )  # fmt: skip

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, language: Language) -> AsyncIterator[Self]:
        """Open it, and close its connections at the end."""
        gateway = cls(url, language)
        try:
            yield gateway
        finally:
            await gateway.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, request: Request) -> Json:
        """Return the answer, an object. Raises ProblemError for a refusal, Refused where no usable answer came."""
        try:
            async with asyncio.timeout(SECONDS):  # httpx bounds each read alone
                status, retry_after, content = await self._read(request)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise Refused("deadline", "api_silent", seconds=int(SECONDS)) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Refused("unavailable", "api_unreachable") from error
        body = _decode(content)
        if body is not None and httpx.codes.is_success(status):
            return body
        if body is None or "title" not in body:
            unreachable = status in _PAUSES
            raise Refused("unavailable", "api_unreachable") if unreachable else Refused("failed", "api_not_understood")
        named = retry_after.isdecimal() and len(retry_after) <= _DIGITS
        raise ProblemError(body | ({"retry_after": int(retry_after)} if named else {}))

    async def _read(self, request: Request) -> tuple[int, str, bytes]:
        headers = {"Authorization": request.authorization} if request.authorization else {}
        if request.idempotency_key:
            headers["Idempotency-Key"] = request.idempotency_key.encode()
        stream = self._http.stream(
            request.method, request.path, params=dict(request.query), json=request.body,
            headers=[(name.encode(), value) for name, value in headers.items()],
        )  # fmt: skip
        async with stream as answer:
            content = bytearray()
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > MOST_READ:
                    raise Refused("failed", "answer_too_large", count=MOST_READ)
            return answer.status_code, answer.headers.get("Retry-After", ""), bytes(content)


def _decode(content: bytes) -> Json | None:
    """Return the object; None for anything else, half a pair of surrogates, and nesting that cannot be sent on."""
    try:
        body = from_json(content, allow_inf_nan=False)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
