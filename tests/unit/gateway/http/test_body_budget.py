"""The bodies of all requests at work stay within one budget, and small ones are never held up by it."""

import asyncio

import pytest

from services.gateway.http.body_budget import SMALL, BodyBudget, give_back
from services.gateway.http.problems import Problem

LARGE = 1024 * 1024


def test_no_more_is_given_out_than_there_is_however_many_come() -> None:
    async def play() -> None:
        budget, held, most = BodyBudget(3 * LARGE, 5), 0, 0

        async def send(number: int) -> None:
            nonlocal held, most
            async with budget.hold(LARGE, f"principal_{number % 7}"):
                held += LARGE
                most = max(most, held)
                await asyncio.sleep(0)
                held -= LARGE

        await asyncio.gather(*(send(number) for number in range(100)))
        assert (most, held) == (3 * LARGE, 0)

    asyncio.run(play())


def test_a_large_body_that_finds_no_room_in_time_is_refused_and_a_small_one_passes() -> None:
    async def play() -> None:
        budget = BodyBudget(LARGE, 0.01)
        async with budget.hold(LARGE, "nobody"):
            with pytest.raises(Problem) as refused:
                async with budget.hold(LARGE, "another"):
                    pass
            assert (refused.value.status, refused.value.rule) == (503, "bodies_fill_memory")
            assert refused.value.headers == {"Retry-After": "1"}
            async with budget.hold(SMALL, "nobody"):
                pass
        async with budget.hold(LARGE, "nobody"):
            pass

    asyncio.run(play())


def test_a_large_body_has_its_room_until_its_request_is_answered() -> None:
    async def play() -> None:
        budget, state = BodyBudget(LARGE, 0.01), dict[str, object]()
        await budget.hold_until_answered(state, LARGE, "nobody")
        with pytest.raises(Problem):
            await budget.hold_until_answered({}, LARGE, "another")
        await budget.hold_until_answered({}, SMALL, "another")
        for _ in range(2):
            await give_back(state)
        async with budget.hold(LARGE, "another"):
            pass

    asyncio.run(play())


def test_a_caller_who_goes_away_leaves_the_room_to_the_next() -> None:
    async def play() -> None:
        budget = BodyBudget(LARGE, 5)

        async def send() -> None:
            async with budget.hold(LARGE, "nobody"):
                await asyncio.sleep(0)

        async with budget.hold(LARGE, "nobody"):
            gone, next_one = asyncio.create_task(send()), asyncio.create_task(send())
            await asyncio.sleep(0)
            gone.cancel()
            await asyncio.sleep(0)
        await next_one
        async with budget.hold(LARGE, "nobody"):
            pass

    asyncio.run(play())


def test_a_body_larger_than_the_whole_budget_is_taken_alone() -> None:
    async def play() -> None:
        budget = BodyBudget(LARGE, 0.01)
        async with budget.hold(10 * LARGE, "nobody"):
            with pytest.raises(Problem):
                async with budget.hold(LARGE, "another"):
                    pass

    asyncio.run(play())


def test_bodies_of_one_principal_that_trickle_in_leave_half_of_the_room_to_others() -> None:
    async def play() -> None:
        budget = BodyBudget(4 * LARGE, 0.01)
        async with budget.hold(LARGE, "slow"), budget.hold(LARGE, "slow"):
            with pytest.raises(Problem):
                async with budget.hold(LARGE, "slow"):
                    pass
            async with budget.hold(LARGE, "another"), budget.hold(LARGE, "third"):
                pass
        async with budget.hold(LARGE, "slow"):
            pass

    asyncio.run(play())
