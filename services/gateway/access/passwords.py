"""Hashes of passwords (Argon2id, RFC 9106), made one after another in a thread of their own."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.gateway.access.password_rules import normalize

ROUNDS: Final = 2
MEMORY_KIB: Final = 19_456
LANES: Final = 1
"""The parameters that OWASP recommends for Argon2id: 19 MiB, two rounds, one lane. About 30 ms of one core.

https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
"""
MOST_WAITING: Final = 64
"""Hashes asked for at once; at 30 ms each the last is made within two seconds."""
T = TypeVar("T")


class HashingBusyError(Exception):
    """Too many passwords wait for their hash."""


class Passwords:
    """Makes and checks hashes: one at a time, so that they take one core at most from other requests. `with` it."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=ROUNDS, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._thread = ThreadPoolExecutor(1, "passwords")
        self._waiting = 0
        # Checked in the place of the hash of an account that there is not, so that it takes the same time.
        self._nobodys = self._hasher.hash(secrets.token_hex())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(cancel_futures=True)

    async def hash(self, password: str) -> str:
        """Return the salted hash, with its parameters. Raises HashingBusyError."""
        return await self._run(lambda: self._hasher.hash(normalize(password)))

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Return whether the hash is that of the password. Without a hash it takes as long, and is never.

        Raises HashingBusyError.
        """
        right = await self._run(lambda: self._fits(hashed or self._nobodys, normalize(password)))
        return right and hashed is not None

    def _fits(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise HashingBusyError
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._waiting -= 1
