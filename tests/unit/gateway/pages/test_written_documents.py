"""A large document is written once, however many ask for it at once: writing it takes seconds of the processor."""

import asyncio
from contextlib import suppress
from threading import Event

import pytest

from services.gateway.pages.written import SharedMaking


class Writer:
    """Writes a document when it is let, and counts how often."""

    def __init__(self, *, fails: int = 0) -> None:
        self.let, self.times, self._fails = Event(), 0, fails

    def write(self) -> bytes:
        assert self.let.wait(10)
        self.times += 1
        if self.times <= self._fails:
            raise OSError("no file may be opened now")
        return b"written"


def test_a_hundred_that_ask_at_once_and_one_that_asks_later_get_one_writing() -> None:
    writer = Writer()

    async def ask() -> list[bytes]:
        making = SharedMaking(writer.write)
        asking = [asyncio.create_task(making.get()) for _ in range(100)]
        await asyncio.sleep(0)
        writer.let.set()
        return [*await asyncio.gather(*asking), await making.get()]

    assert (asyncio.run(ask()), writer.times) == ([b"written"] * 101, 1)


def test_a_caller_who_goes_away_does_not_end_it_for_the_others() -> None:
    writer = Writer()

    async def ask() -> bytes:
        making = SharedMaking(writer.write)
        hasty, patient = (asyncio.create_task(making.get()) for _ in range(2))
        await asyncio.sleep(0)
        hasty.cancel()
        with suppress(asyncio.CancelledError):
            await hasty
        writer.let.set()
        return await patient

    assert (asyncio.run(ask()), writer.times) == (b"written", 1)


def test_after_a_failure_the_next_who_asks_gets_it() -> None:
    writer = Writer(fails=1)
    writer.let.set()

    async def ask() -> bytes:
        making = SharedMaking(writer.write)
        with pytest.raises(OSError, match="no file"):
            await making.get()
        return await making.get()

    assert (asyncio.run(ask()), writer.times) == (b"written", 2)


def test_two_documents_are_not_written_at_the_same_time() -> None:
    writer, at_work = Writer(), []

    def write_other() -> bytes:
        at_work.append(writer.times)
        return b"other"

    async def ask() -> None:
        first = asyncio.create_task(SharedMaking(writer.write).get())
        await asyncio.sleep(0.02)  # its thread has begun
        second = asyncio.create_task(SharedMaking(write_other).get())
        await asyncio.sleep(0.02)
        writer.let.set()
        await asyncio.gather(first, second)

    asyncio.run(ask())
    assert at_work == [1], "the other begins when the first is written"
