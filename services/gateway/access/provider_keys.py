"""The public keys of the provider of identities: read at start and every ten minutes, and once more for a new one."""

import asyncio
import json
import ssl
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping
from time import monotonic
from typing import Final, Self

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from services.gateway.background import end
from services.gateway.identity_provider import Provider
from shared.runtime.logging import describe, get_logger

REFRESH_SECONDS: Final = 600.0
RETRY_SECONDS: Final = 60.0
"""After a failure, and for ids of keys that are not known, the provider is asked once in this time at most."""
FETCH_SECONDS: Final = 5.0
MOST_BYTES: Final = 256 * 1024
MOST_KEYS: Final = 64
LEAST_RSA_BITS: Final = 2048
MOST_RSA_BITS: Final = 8192
"""Longer ones would make each forged token costly."""
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_CLASSES: Final[Mapping[str, type[RSAKey | ECKey | OKPKey]]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
_CURVES: Final = {"EC": "P-256", "OKP": "Ed25519"}
KeyId = tuple[str, str]
"""The kind of a key and its `kid`."""


class KeysUnreadError(Exception):
    """No keys of the provider are at hand that are young enough."""


class ProviderKeys:
    """The keys of the provider. `async with` it: one task reads them again, so that no request waits for that.

    `clock` gives seconds of a steady clock.
    """

    def __init__(self, provider: Provider, client: httpx.AsyncClient, clock: Callable[[], float] = monotonic) -> None:
        self._provider = provider
        self._client = client
        self._clock = clock
        self._keys: dict[KeyId, Key] = {}
        self._read_at: float | None = None
        self._tried_at: float | None = None
        self._lock = asyncio.Lock()
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._reader = asyncio.create_task(self._follow(), name="provider_keys")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reader is not None:
            await end(self._reader)
        await self._client.aclose()

    async def find(self, kind: str, key_id: str) -> Key | None:
        """Return the key of that kind and `kid`; None where the provider has none.

        Raises KeysUnreadError while there are no keys, or none younger than the provider's `keys_seconds`.
        """
        if (kind, key_id) not in self._keys or self._is_too_old():
            await self._read_for_unknown()
        if self._is_too_old():
            raise KeysUnreadError
        return self._keys.get((kind, key_id))

    async def refresh(self) -> None:
        """Read the keys again. A failure is logged and keeps those at hand."""
        self._tried_at = self._clock()
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                body = await self._fetch()
            keys = read_keys(body)
        # InvalidURL is no HTTPError, and deep nesting a RecursionError: a failed reading must never end the task.
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, RecursionError) as error:
            get_logger().warning("provider_keys_unread", error=describe(error))
            return
        self._keys, self._read_at = keys, self._clock()

    async def _follow(self) -> None:
        while True:
            async with self._lock:
                await self.refresh()
            failed = self._read_at is None or self._read_at < (self._tried_at or 0.0)
            await asyncio.sleep(RETRY_SECONDS if failed else REFRESH_SECONDS)

    async def _read_for_unknown(self) -> None:
        if not (self._may_ask() or self._lock.locked()):
            return
        async with self._lock:  # a reading under way is waited for, and then nobody need ask any more
            if self._may_ask():
                await self.refresh()

    def _may_ask(self) -> bool:
        return self._tried_at is None or self._clock() - self._tried_at >= RETRY_SECONDS

    def _is_too_old(self) -> bool:
        return self._read_at is None or self._clock() - self._read_at > self._provider.keys_seconds

    async def _fetch(self) -> bytes:
        request = self._client.stream("GET", self._provider.keys_url, headers={"Accept-Encoding": "identity"})
        async with request as answer:
            if answer.status_code != 200 or "content-encoding" in answer.headers:
                raise ValueError(f"status {answer.status_code}, or compressed")
            body = b""
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > MOST_BYTES:
                    raise ValueError(f"longer than {MOST_BYTES} bytes")
            return body


def open_client(provider: Provider) -> httpx.AsyncClient:
    """Return the client that reads the keys: servers are verified, redirects and proxies of the environment are not
    followed.
    """
    context = ssl.create_default_context()
    if provider.ca_file is not None:
        context.load_verify_locations(provider.ca_file)
    return httpx.AsyncClient(verify=context, timeout=FETCH_SECONDS, follow_redirects=False, trust_env=False)


def read_keys(body: bytes) -> dict[KeyId, Key]:
    """Return the usable public keys of a key set (RFC 7517), by kind and `kid`.

    Left out are keys without a `kid`, private and symmetric ones, RSA keys below 2048 or beyond 8192 bits, other curves
    than P-256 and Ed25519, and keys for other uses than signatures. Raises ValueError for a text that is no key set,
    and for more than MOST_KEYS keys.
    """
    read: object = json.loads(body)
    listed = read.get("keys") if isinstance(read, dict) else None
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise ValueError(f"no key set, or of more than {MOST_KEYS} keys")
    return dict(_usable(listed))


def _usable(listed: list[object]) -> Iterator[tuple[KeyId, Key]]:
    for entry in listed:
        if not isinstance(entry, dict) or not _is_public(entry):
            continue
        kind, key_id = entry["kty"], entry["kid"]
        try:
            yield (kind, key_id), _CLASSES[kind].import_key(entry)
        except (JoseError, ValueError, TypeError, KeyError):
            continue


def _is_public(entry: dict[str, object]) -> bool:
    kind, key_id, uses = entry.get("kty"), entry.get("kid"), entry.get("key_ops", ["verify"])
    return (
        isinstance(kind, str)
        and kind in _CLASSES
        and isinstance(key_id, str)
        and not _PRIVATE & entry.keys()
        and entry.get("use", "sig") == "sig"
        and isinstance(uses, list)
        and "verify" in uses
        and (_is_strong(entry.get("n")) if kind == "RSA" else entry.get("crv") == _CURVES[kind])
    )


def _is_strong(modulus: object) -> bool:
    """Whether the modulus, in base64url, is of a fit length; measured before the key is imported."""
    try:
        bits = int.from_bytes(urlsafe_b64decode(f"{modulus}==")).bit_length()
    except ValueError:
        return False
    return LEAST_RSA_BITS <= bits <= MOST_RSA_BITS
