"""`lianshan load` in real time: its figures about a gateway that does not keep up."""

import asyncio
from time import monotonic

import httpx
import pytest

from deploy.lianshan.load.driver import Driver
from deploy.lianshan.load.figures import Figures
from deploy.lianshan.load.town import COMMUNITIES, Town

pytestmark = pytest.mark.integration  # it waits, for two seconds
STATIONS = [f"station_{nth}" for nth in range(COMMUNITIES)]


def test_a_gateway_that_answers_late_is_seen_as_the_limit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("deploy.lianshan.load.driver.OPEN_AT_ONCE", 2)
    figures = Figures(asked_rate=100, asked=10)

    async def answer(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.4)
        return httpx.Response(201, json={"id": f"need_{figures.sent}"})

    async def run() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://here") as client:
            figures.began = monotonic()
            await Driver(client, Town(1, "a", 10), figures, stations=STATIONS).publish()

    asyncio.run(run())
    assert figures.limit == "answers"
    assert figures.held_up > 1
