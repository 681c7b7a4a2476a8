"""A caller that did not wait for the view of a new thing waits when it asks for it; nobody else does."""

import asyncio
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import AsyncMock

import pytest

from services.gateway.backend import Backend
from services.gateway.features.donors.view import DonorView
from services.gateway.features.funds.view import FundView
from services.gateway.reading import new_things
from services.gateway.reading.new_things import SECONDS, NewThings
from services.gateway.reading.read_your_writes import Awaited, ReadYourWrites
from services.gateway.reading.views import Views
from shared.contracts.access import Actor

MINE = Actor(kind="key", id="key_1", on_behalf_of="platform_1", roles=("platform",), area="11")
OTHER = Actor(kind="key", id="key_2", on_behalf_of="platform_2", roles=("platform",), area="11")


class Shown:
    """Views that are shown when they are waited for, and the waits."""

    def __init__(self) -> None:
        self.waits: list[tuple[str, int]] = []
        self.late = False

    async def wait_for(self, awaited: Iterable[Awaited[Any]], *, probing: bool) -> dict[str, Any]:
        assert not probing, "the thing may be of another kind, or gone"
        every = list(awaited)
        self.waits += [(one.id, one.version) for one in every]
        await asyncio.sleep(0)
        return {} if self.late else {one.id: one for one in every}


class Rows:
    """A collection whose one document is there once somebody has waited for it."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self.finds = 0

    def __getitem__(self, _: str) -> "Rows":
        return self

    async def find_one(self, rule: dict[str, Any], **_: Any) -> dict[str, Any] | None:
        self.finds += 1
        found = {"_id": rule["_id"], "version": 1, "seen": 1, "area": "11", "registered_at": "2026-03-02T00:00:00Z"}
        return found if (rule["_id"], 1) in self._shown.waits else None


def at(seconds: list[float]) -> tuple[NewThings, Shown]:
    shown = Shown()
    return NewThings(cast("ReadYourWrites", shown), lambda: seconds[0]), shown


def test_only_who_has_registered_it_waits_for_it_and_only_for_some_seconds() -> None:
    now = [100.0]
    things, shown = at(now)
    things.note(MINE, "fund_1", 1)

    async def story() -> None:
        assert await things.wait_for(FundView, "fund_1", MINE)
        assert not await things.wait_for(FundView, "fund_1", OTHER)
        assert not await things.wait_for(FundView, "fund_2", MINE)
        now[0] += SECONDS
        assert not await things.wait_for(FundView, "fund_1", MINE)

    asyncio.run(story())
    assert shown.waits == [("fund_1", 1)]


def test_a_minimal_answer_waits_for_no_view_and_a_whole_one_does() -> None:
    things, shown = at([100.0])
    backend = SimpleNamespace(new_things=things, wait_for_view=AsyncMock(return_value="the view"))
    answer = SimpleNamespace(id="fund_1", version=1)

    async def story() -> None:
        assert await Backend.wait_unless(cast("Backend", backend), False, MINE, FundView, answer) == "the view"
        assert not await things.wait_for(FundView, "fund_1", MINE), "it has been waited for"
        backend.wait_for_view.reset_mock()
        assert await Backend.wait_unless(cast("Backend", backend), True, MINE, FundView, answer) is None
        backend.wait_for_view.assert_not_awaited()
        assert await things.wait_for(FundView, "fund_1", MINE)

    asyncio.run(story())
    assert shown.waits == [("fund_1", 1)]


def test_one_request_waits_at_a_time_and_the_next_one_where_it_was_in_vain() -> None:
    things, shown = at([100.0])
    things.note(MINE, "fund_1", 1)
    shown.late = True

    async def story() -> None:
        both = await asyncio.gather(*(things.wait_for(FundView, "fund_1", MINE) for _ in range(2)))
        assert (both, len(shown.waits)) == ([False, False], 1)
        shown.late = False
        assert await things.wait_for(FundView, "fund_1", MINE)

    asyncio.run(story())


def test_the_oldest_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_things, "MOST", 3)
    things, shown = at([100.0])
    for nth in (1, 2, 3, 1, 4):
        things.note(MINE, f"fund_{nth}", 1)

    async def story() -> list[bool]:
        return [await things.wait_for(FundView, f"fund_{nth}", MINE) for nth in range(1, 5)]

    assert asyncio.run(story()) == [True, False, True, True]
    assert len(shown.waits) == 3


def test_a_read_of_a_new_thing_finds_it_and_one_of_an_unknown_id_asks_once() -> None:
    things, shown = at([100.0])
    rows = Rows(shown)
    views = Views(cast("Any", rows), str, things)
    things.note(MINE, "donor_1", 1)

    async def story() -> None:
        assert await views.one(DonorView, "donor_1", MINE) is not None
        assert rows.finds == 2
        assert await views.one(DonorView, "donor_2", MINE) is None
        assert rows.finds == 3

    asyncio.run(story())
