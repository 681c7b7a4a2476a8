"""An answer waits until the views show its change, and not at all while they stand still."""

import asyncio
import selectors
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, ClassVar

import pytest

from services.gateway.reading import read_your_writes
from services.gateway.reading.read_your_writes import (
    LONGEST_BETWEEN,
    LOOKS,
    POLL_SECONDS,
    PROBE_KEPT,
    Awaited,
    ReadYourWrites,
)
from shared.engine import Entity

SECONDS = 0.5


class ThingView(Entity):
    """A view."""

    collection: ClassVar[str] = "things"
    seen: int = 0


class OtherView(ThingView):
    """A view of something else."""

    collection: ClassVar[str] = "others"


class Shown:
    """The views as the projector has left them, and the number of looks at them."""

    def __init__(self) -> None:
        self.seen: dict[str, dict[str, int]] = {"things": {}, "others": {}}
        self.looks = 0
        self.seconds = 0.0
        """How long a look takes; it shows the views as they were when it began."""

    def __getitem__(self, name: str) -> "Shown.Collection":
        return Shown.Collection(self, name)

    class Collection:
        """One view's collection."""

        def __init__(self, shown: "Shown", name: str) -> None:
            self.shown, self.name = shown, name

        async def find(self, rule: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
            self.shown.looks += 1
            begun = dict(self.shown.seen[self.name])
            await asyncio.sleep(self.shown.seconds)
            for one in rule["_id"]["$in"]:
                if seen := begun.get(one):
                    yield {"_id": one, "version": seen, "seen": seen}


class Waits(selectors.SelectSelector):
    """Has all waits over at once: the time of the loop moves on by as much."""

    now = 1000.0

    def select(self, timeout: float | None = None) -> list[Any]:
        self.now += timeout or 0.0
        return super().select(0)


def play(story: Callable[[ReadYourWrites, Shown], Coroutine[None, None, None]]) -> None:
    """Play it with a poller that runs, by a clock that nobody waits for."""

    async def run() -> None:
        shown = Shown()
        async with ReadYourWrites(shown, str, round(SECONDS * 1000)) as own_writes:  # type: ignore[arg-type]
            await story(own_writes, shown)

    waits = Waits()
    loop = asyncio.SelectorEventLoop(waits)
    loop.time = lambda: waits.now  # type: ignore[method-assign]
    with pytest.MonkeyPatch.context() as patched, asyncio.Runner(loop_factory=lambda: loop) as runner:
        patched.setattr(read_your_writes, "monotonic", loop.time)
        runner.run(run())


async def ask(own_writes: ReadYourWrites, name: str, model: type[ThingView] = ThingView) -> tuple[bool, float]:
    """Whether the change was shown, and the seconds until the answer."""
    time = asyncio.get_running_loop().time
    began = time()
    found = await own_writes.wait_for([Awaited(model, name, 1)])
    return name in found, time() - began


def test_an_answer_waits_for_the_view_that_shows_its_change() -> None:
    async def story(own_writes: ReadYourWrites, shown: Shown) -> None:
        asking = asyncio.create_task(ask(own_writes, "a"))
        await asyncio.sleep(SECONDS / 10)
        assert (asking.done(), shown.looks > 0) == (False, True)
        shown.seen["things"]["a"] = 1
        assert (await asking)[0]

    play(story)


def test_views_that_take_long_are_looked_at_seldom() -> None:
    async def looks_for(own_writes: ReadYourWrites, shown: Shown, name: str, seconds: float) -> int:
        before = shown.looks
        asking = asyncio.create_task(ask(own_writes, name))
        await asyncio.sleep(seconds)
        shown.seen["things"][name] = 1
        seen, took = await asking
        assert seen
        assert took < seconds + LONGEST_BETWEEN + 2 * POLL_SECONDS
        return shown.looks - before

    async def story(own_writes: ReadYourWrites, shown: Shown) -> None:
        first = await looks_for(own_writes, shown, "first", 0.16)
        for nth in range(40):
            await looks_for(own_writes, shown, f"slow-{nth}", 0.16)
        assert first > 2 * LOOKS, "before it knows that they take long"
        assert await looks_for(own_writes, shown, "slow", 0.16) <= LOOKS + 2
        for nth in range(40):
            await looks_for(own_writes, shown, f"quick-{nth}", 0.02)
        before = shown.looks
        await asyncio.gather(*(looks_for(own_writes, shown, f"together-{nth}", 0.16) for nth in range(16)))
        assert shown.looks - before > 2 * LOOKS, "for several together it looks more often"

    play(story)


def test_a_view_that_a_long_look_just_missed_is_shown_before_a_third_look_could_begin() -> None:
    async def story(own_writes: ReadYourWrites, shown: Shown) -> None:
        shown.seconds = SECONDS / 10
        asking = asyncio.create_task(ask(own_writes, "a"))
        await asyncio.sleep(shown.seconds / 2)
        assert shown.looks == 1
        shown.seen["things"]["a"] = 1
        found, seconds = await asking
        assert found
        assert seconds < 3 * shown.seconds

    play(story)


def test_one_late_view_of_many_makes_nobody_wait_longer_for_others() -> None:
    async def single(own_writes: ReadYourWrites, shown: Shown, name: str) -> float:
        asking = asyncio.create_task(ask(own_writes, name))
        await asyncio.sleep(0.02)
        shown.seen["things"][name] = 1
        return (await asking)[1]

    async def story(own_writes: ReadYourWrites, shown: Shown) -> None:
        for nth in range(30):
            await single(own_writes, shown, f"before{nth}")
        many = [f"many{nth}" for nth in range(50)]
        waiting = [Awaited(ThingView, name, 1) for name in many] + [Awaited(OtherView, "late", 1)]
        asking = asyncio.create_task(own_writes.wait_for(waiting))
        shown.seen["things"] |= dict.fromkeys(many, 1)
        assert len(await asking) == len(many)
        waits = [await single(own_writes, shown, f"after{nth}") for nth in range(5)]
        assert max(waits) < 0.02 + 2 * max(POLL_SECONDS, 0.02 / LOOKS)

    play(story)


def test_while_the_views_stand_still_only_the_first_writes_wait() -> None:
    async def story(own_writes: ReadYourWrites, _: Shown) -> None:
        first = await asyncio.gather(*(ask(own_writes, f"first-{n}") for n in range(3)))
        assert all(not seen and seconds >= SECONDS for seen, seconds in first)
        for n in range(20):
            seen, seconds = await ask(own_writes, f"later-{n}")
            assert (seen, seconds) == (False, 0)
            await asyncio.sleep(SECONDS / 5)

    play(story)


def test_a_vain_wait_for_a_thing_that_may_not_be_there_says_nothing_of_the_views() -> None:
    async def story(own_writes: ReadYourWrites, shown: Shown) -> None:
        shown.seen["things"] = {"a": 1}
        for _ in range(3):
            assert await own_writes.wait_for([Awaited(ThingView, "of another kind", 1)], probing=False) == {}
            assert (await ask(own_writes, "a"))[0]

    play(story)


def test_they_wait_again_once_the_views_move() -> None:
    async def story(own_writes: ReadYourWrites, shown: Shown) -> None:
        await ask(own_writes, "lost")
        assert (await ask(own_writes, "unwaited"))[1] == 0
        shown.seen["things"] |= {"lost": 1, "unwaited": 1, "b": 1}
        for _ in range(100):
            await asyncio.sleep(0.01)
            if (await ask(own_writes, "b"))[0]:
                return
        pytest.fail("nobody waits for a view that moves again")

    play(story)


def test_views_that_are_far_behind_are_not_waited_for_although_they_move() -> None:
    async def story(own_writes: ReadYourWrites, shown: Shown) -> None:
        await ask(own_writes, "n-0")
        for n in range(1, 12):
            await asyncio.sleep(SECONDS / 2)
            assert (await ask(own_writes, f"n-{n}"))[1] == 0
            if n > 4:
                shown.seen["things"][f"n-{n - 5}"] = 1  # a version asked for more than two waits ago

    play(story)


def test_a_view_that_stands_still_keeps_no_other_one_from_being_waited_for() -> None:
    async def story(own_writes: ReadYourWrites, shown: Shown) -> None:
        await ask(own_writes, "lost")
        shown.seen["others"]["o"] = 1
        assert (await ask(own_writes, "o", OtherView))[0]
        assert (await ask(own_writes, "late", OtherView))[1] >= SECONDS
        assert (await ask(own_writes, "again"))[1] == 0

    play(story)


def test_one_change_that_is_never_shown_does_not_stop_the_others_from_being_waited_for() -> None:
    async def story(own_writes: ReadYourWrites, shown: Shown) -> None:
        lost = asyncio.create_task(ask(own_writes, "lost"))
        for n in range(8):
            shown.seen["things"][f"n-{n}"] = 1
            assert (await ask(own_writes, f"n-{n}"))[0]
            await asyncio.sleep(SECONDS / 8)
        assert not (await lost)[0]
        assert (await ask(own_writes, "slow"))[1] >= SECONDS

    play(story)


def test_nothing_is_looked_for_without_end() -> None:
    async def story(own_writes: ReadYourWrites, shown: Shown) -> None:
        await ask(own_writes, "lost")
        await asyncio.sleep(PROBE_KEPT)
        looks = shown.looks
        await asyncio.sleep(PROBE_KEPT)
        assert shown.looks == looks
        assert (await ask(own_writes, "other"))[1] >= SECONDS, "it finds out itself"

    play(story)
