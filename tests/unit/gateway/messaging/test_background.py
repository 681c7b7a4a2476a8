"""A background task ends, also one that takes a cancellation for a failed try."""

import asyncio
from contextlib import suppress

import pytest

from services.gateway import background
from services.gateway.background import end


async def look_on(deaf: int) -> None:
    """Look without end; pass the first cancellations over, as PyMongo does while a server is away."""
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            deaf -= 1
            if deaf < 0:
                raise


def test_a_task_that_passes_cancellations_over_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "END_SECONDS", 0.01)

    async def run(deaf: int) -> bool:
        task = asyncio.create_task(look_on(deaf))
        await asyncio.sleep(0)
        await asyncio.wait_for(end(task), 5)
        done = task.done()
        if not done:  # so that the test itself leaves nothing behind
            with suppress(asyncio.CancelledError):
                task.cancel()
                await task
        return done

    assert asyncio.run(run(0))
    assert asyncio.run(run(3))


def test_the_end_is_awaited_for_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "END_SECONDS", 0.001)

    async def run() -> int:
        task = asyncio.create_task(look_on(background.TRIES))
        await asyncio.sleep(0)
        await end(task)
        left = 0 if task.done() else 1
        with suppress(asyncio.CancelledError):
            task.cancel()
            await task
        return left

    assert asyncio.run(run()) == 1


def test_the_error_of_a_task_is_not_hidden() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    async def run() -> None:
        task = asyncio.create_task(fail())
        await asyncio.sleep(0)
        await end(task)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run())
