"""The public keys of the owners, that commands and queries about people are sealed for."""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, Self

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from shared.contracts import Refused
from shared.contracts.access.sealed import KEY_QUERIES, PublicKeyAnswer
from shared.engine.decide.schema import Document
from shared.runtime.logging import describe, get_logger
from shared.runtime.sealed_box import SECRET_SECONDS, BoxSealer

COLLECTION: Final = "owner_keys"
"""The last key of each owner in the gateway's store: an owner that has announced one is never sent anything in clear
again, by no replica and after no restart.
"""
FORMER_KEY: Final = "sealed_for_former_key"
"""The rule by which an owner refuses a message that it cannot open any more: it did nothing; ask for the new key."""
FRESH_SECONDS: Final = 60.0
"""How long a key is used before its owner is asked again."""
RETRY_SECONDS: Final = 1.0
"""How soon an owner is asked again that gave no key."""
AGAIN_SECONDS: Final = 0.25
"""How soon within a wait for its first key: it may be starting beside the gateway."""
FIRST_SECONDS: Final = 2.0
"""How long a message waits for the first key of its owner; then it is refused."""
START_SECONDS: Final = 60.0
"""How long a gateway that starts asks for the first keys. After that, messages ask."""
CLEAR_SECONDS: Final = 10.0
"""How long an owner's word holds that it takes messages in clear: about as long as an owner of release 0.2 takes to
start again, so that an upgrade refuses nothing that release 0.2 would take.
"""


@dataclass(frozen=True, slots=True)
class OwnerKey:
    """The public key of an owner; `sealer` seals for it."""

    id: str
    public: bytes
    sealer: BoxSealer = field(compare=False, repr=False)

    @classmethod
    def of(cls, key_id: str, public: bytes) -> "OwnerKey":
        """Return the key with a sealer that forgets its secrets by the event loop."""
        return cls(key_id, public, BoxSealer(public, _forget_later))


def _forget_later(forget: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(SECRET_SECONDS, forget)


Ask = Callable[[str], Awaitable[PublicKeyAnswer | None]]
"""Asks an owner for its key; None from one that takes messages in clear. Raises Refused where it does not answer."""


class OwnerKeys:
    """The keys as far as they are known. Each owner is asked once a minute, by one task at a time."""

    def __init__(self, ask: Ask, database: AsyncDatabase[Document] | None = None) -> None:
        self._ask = ask
        self._rows = None if database is None else database[COLLECTION]
        self._known: dict[str, OwnerKey] = {}
        self._fresh_until: dict[str, float] = {}
        self._clear_until: dict[str, float] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._first: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Begin to ask every owner for its first key, so that no message need wait for it."""
        self._first = [
            asyncio.create_task(self._wait_for_first(service, START_SECONDS), name=f"first key of {service}")
            for service in KEY_QUERIES
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [*self._first, *self._asking.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def find(self, service: str) -> OwnerKey | None:
        """Return the key of the owner; None where it has just answered that it takes messages in clear.

        That answers an owner whose store release 0.2 may read. Raises Refused("unavailable", rule "owner_key_unknown")
        for an owner that has never announced a key to this platform and is silent now: nothing goes out in clear on a
        guess.
        """
        if monotonic() >= self._fresh_until.get(service, 0.0):
            if service in self._known:
                self._begin(service)
            else:
                await self._wait_for_first(service, FIRST_SECONDS)
        if not self._has_answered(service):
            raise Refused("unavailable", "owner_key_unknown", service=service)
        return self._known.get(service)

    async def renew(self, service: str) -> OwnerKey | None:
        """Return the key that the owner has now, because it does not open the one that is known any more."""
        await asyncio.wait([self._begin(service)], timeout=FIRST_SECONDS)
        return self._known.get(service)

    async def _wait_for_first(self, service: str, seconds: float) -> None:
        """Ask the owner until it answers, for that many seconds at most. All waits at once share the questions."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await asyncio.wait([self._begin(service)])
                while not self._has_answered(service):
                    await asyncio.sleep(AGAIN_SECONDS)
                    await asyncio.wait([self._begin(service)])
                return
        self._fresh_until[service] = monotonic() + RETRY_SECONDS

    def _has_answered(self, service: str) -> bool:
        return service in self._known or monotonic() < self._clear_until.get(service, 0.0)

    def _begin(self, service: str) -> "asyncio.Task[None]":
        task = self._asking.get(service)
        if task is None or task.done():
            task = self._asking[service] = asyncio.create_task(self._refresh(service), name=f"key of {service}")
        return task

    async def _refresh(self, service: str) -> None:
        if service not in self._known:
            await self._recall(service)
        fresh = RETRY_SECONDS if service in self._known else 0.0  # a wait for the first key asks again itself
        try:
            if (answer := await self._ask(service)) is None:
                self._clear_until[service] = monotonic() + CLEAR_SECONDS
                fresh = RETRY_SECONDS
            else:
                key = OwnerKey.of(answer.key_id, base64.urlsafe_b64decode(answer.key))
                if key != self._known.get(service):
                    self._known[service] = key
                    await self._keep(service, key)
                fresh = FRESH_SECONDS
        except Refused:
            pass  # it is away: the key that is known stays
        except (binascii.Error, ValueError) as error:
            get_logger().error("owner_key_not_read", service=service, error=describe(error))
        self._fresh_until[service] = monotonic() + fresh

    async def _recall(self, service: str) -> None:
        if self._rows is None:
            return
        try:
            row = await self._rows.find_one({"_id": service})
        except PyMongoError as error:
            get_logger().warning("owner_key_unknown", service=service, error=describe(error))
        else:
            if row is not None:
                self._known[service] = OwnerKey.of(row["key_id"], bytes(row["public"]))

    async def _keep(self, service: str, key: OwnerKey) -> None:
        if self._rows is None:
            return
        try:
            row = {"key_id": key.id, "public": key.public}
            await self._rows.replace_one({"_id": service}, row, upsert=True)
        except PyMongoError as error:
            get_logger().warning("owner_key_not_kept", service=service, error=describe(error))
