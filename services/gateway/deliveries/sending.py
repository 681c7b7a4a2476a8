"""One endpoint over HTTP: its name resolved and checked, its connections bounded, its answer read up to a limit."""

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from time import monotonic
from typing import Final

import httpx

from services.gateway.endpoint_addresses import Address, AddressRefusedError, Network, Target, check_address
from shared.runtime.version import VERSION

ATTEMPT_SECONDS: Final = 15.0
"""For everything of one attempt: the name, the connection, the request and the status of the answer."""
CONNECT_SECONDS: Final = 5.0
BODY_SECONDS: Final = 1.0
"""How long the body of an answer may take; its status counts without it."""
MOST_BODY_BYTES: Final = 64 * 1024
CONNECTIONS: Final = 8
"""To one endpoint."""
RESOLVED_SECONDS: Final = 30.0
"""How long the address of a name is kept."""
MOST_ADDRESSES: Final = 16
_LIMITS: Final = httpx.Limits(
    max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=RESOLVED_SECONDS
)
_HEADERS: Final = {"user-agent": f"Lianshan-Webhooks/{VERSION}", "accept": "*/*", "accept-encoding": "identity"}


class SendingFailedError(Exception):
    """No answer came. `code` and `values` are the reason."""

    def __init__(self, code: str, **values: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True)
class Reply:
    """The endpoint's answer; its body counts for nothing."""

    status: int
    headers: Mapping[str, str]

    @property
    def taken(self) -> bool:
        """Whether the endpoint has taken the message."""
        return 200 <= self.status < 300


class Names:
    """Resolves names of endpoints, each in a thread of its own: the system's resolver blocks."""

    def __init__(self, most: int) -> None:
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="names")

    async def resolve(self, host: str, port: int) -> list[Address]:
        """Return the addresses of the name, at most MOST_ADDRESSES. Raises OSError."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, self._look_up, host, port)
        return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found[:MOST_ADDRESSES]]

    def close(self) -> None:
        """End the threads, without waiting for the resolver."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @staticmethod
    def _look_up(host: str, port: int) -> list[tuple[int, int, int, str, tuple[str | int, ...]]]:
        return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))  # type: ignore[arg-type]


class Endpoint:
    """The endpoint of one webhook. Connections are its own: none is shared with another webhook."""

    def __init__(self, target: Target, names: Names, networks: Sequence[Network], tls: ssl.SSLContext) -> None:
        self.target = target
        self._names = names
        self._networks = networks
        # Neither redirects nor the proxies of the environment: both would lead past the check of the address.
        self._client = httpx.AsyncClient(
            verify=tls, limits=_LIMITS, follow_redirects=False, trust_env=False, headers=_HEADERS,
            timeout=httpx.Timeout(ATTEMPT_SECONDS, connect=CONNECT_SECONDS),
        )  # fmt: skip
        self._turn = asyncio.Lock()
        self._addresses: list[Address] = []
        self._until = 0.0
        self._tries = 0

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def send(self, method: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """Make one request, in ATTEMPT_SECONDS at most. Raises SendingFailedError."""
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                address = await self._find_address()
                try:
                    return await self._send(address, method, headers, body)
                except httpx.RemoteProtocolError:
                    # An idle connection that the endpoint was just closing: a new one, once.
                    return await self._send(address, method, headers, body)
        except (TimeoutError, httpx.TimeoutException):
            raise SendingFailedError("webhook_timed_out", seconds=int(ATTEMPT_SECONDS)) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            # OSError: a fault within TLS after the handshake reaches us as ssl.SSLError.
            self._tries += 1  # another address of the name the next time
            if _is_tls(error):
                raise SendingFailedError("webhook_tls_failed") from None
            raise SendingFailedError("webhook_not_reached") from None

    async def _send(self, address: Address, method: str, headers: Mapping[str, str], body: bytes) -> Reply:
        # The address in the URL, and the name in Host and in the certificate: nothing resolves it a second time.
        request = self._client.build_request(
            method, self.target.at(address), content=body, headers={**headers, "host": self.target.host_header},
            extensions={"sni_hostname": self.target.host},
        )  # fmt: skip
        answer = await self._client.send(request, stream=True)
        try:
            with suppress(TimeoutError, httpx.HTTPError, OSError):
                async with asyncio.timeout(BODY_SECONDS):
                    await _read_some(answer)
            return Reply(answer.status_code, answer.headers)
        finally:
            await answer.aclose()

    async def _find_address(self) -> Address:
        async with self._turn:  # one look-up at a time
            if monotonic() >= self._until:
                self._addresses = await self._resolve()
                self._until = monotonic() + RESOLVED_SECONDS
        return self._addresses[self._tries % len(self._addresses)]

    async def _resolve(self) -> list[Address]:
        """Return the addresses that may be called. Raises SendingFailedError where there is none."""
        literal = self.target.literal
        try:
            found = [literal] if literal else await self._names.resolve(self.target.host, self.target.port)
        except (OSError, UnicodeError):
            raise SendingFailedError("webhook_name_unknown") from None
        allowed, why = [], "webhook_name_unknown"
        for address in found:
            try:
                check_address(self.target, address, self._networks)
                allowed.append(address)
            except AddressRefusedError as error:
                why = error.rule
        if not allowed:
            raise SendingFailedError(why)
        return allowed


async def _read_some(answer: httpx.Response) -> None:
    size = 0
    # As it comes, never unpacked.
    async for piece in answer.aiter_raw():
        size += len(piece)
        if size > MOST_BODY_BYTES:
            return


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
