"""Passwords are hashed slowly, one after another, and take no more from other requests than one core."""

import asyncio
import threading
import time
from typing import Any

import pytest
from argon2 import Type, extract_parameters

from services.gateway.access import passwords
from services.gateway.access.passwords import HashingBusyError, Passwords

WORDS = "seven grey herons"


def test_a_hash_has_the_recommended_parameters_and_a_salt_of_its_own() -> None:
    async def story() -> None:
        with Passwords() as known:
            first, second = await known.hash(WORDS), await known.hash(WORDS)
            made = extract_parameters(first)
            assert (made.type, made.memory_cost, made.time_cost, made.parallelism) == (Type.ID, 19_456, 2, 1)
            assert first != second
            assert WORDS not in first
            assert await known.verify(first, WORDS)
            assert not await known.verify(first, WORDS + "!")
            assert not await known.verify("no hash", WORDS)

    asyncio.run(story())


def test_an_unknown_account_is_checked_as_long_as_a_known_one() -> None:
    async def story() -> None:
        seen: list[str] = []
        with Passwords() as known:
            check = known._fits

            def fits(hashed: str, password: str) -> bool:
                seen.append(hashed)
                return check(hashed, password)

            known._fits = fits  # type: ignore[method-assign]
            assert not await known.verify(None, WORDS)
            (stand_in,) = seen
            assert extract_parameters(stand_in).memory_cost == passwords.MEMORY_KIB

    asyncio.run(story())


def test_one_is_hashed_at_a_time_and_too_many_are_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "MOST_WAITING", 8)
    running: list[int] = []
    at_once: list[int] = []
    lock = threading.Lock()

    def slow(*_: Any) -> bool:
        with lock:
            running.append(1)
            at_once.append(len(running))
        time.sleep(0.005)
        with lock:
            running.pop()
        return True

    async def story() -> None:
        with Passwords() as known:
            known._fits = slow  # type: ignore[method-assign, assignment]
            done = await asyncio.gather(*(known.verify("hash", WORDS) for _ in range(20)), return_exceptions=True)
            assert sum(isinstance(each, HashingBusyError) for each in done) == 12
            assert sum(each is True for each in done) == 8
            assert max(at_once) == 1
            assert await known.verify("hash", WORDS), "room again"

    asyncio.run(story())
