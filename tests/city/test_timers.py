"""Two replicas that stumble over each other at every call share out the timers that are due at once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.volunteering.dispatch.timers import StaffingDue
from shared.engine.run.processor import Processor
from tests.city.adversary import CALM, Adversary, Trouble
from tests.city.world import World

COUNT = 60
CROWDED = replace(CALM, replicas=2, batch=5, pause=0.5)
DEADLY = replace(CROWDED, crash=0.1)


def fire_all(trouble: Trouble, seed: int) -> World:
    """Return the city after the rest that follows the firing of all timers."""
    world = World(seed, Adversary(seed, trouble))
    service = world.services["volunteering"]
    due = world.time() + timedelta(minutes=5)
    for nth in range(COUNT):
        need = f"need_{nth:03}"
        row = {"_id": f"staffing:{need}", "due": due, "type": StaffingDue.type, "data": {"need_id": need}}
        service.memory.apply({("timers", row["_id"]): {**row, "correlation": "c", "traceparent": "", "attempts": 0}})
    service.plan_ahead()
    world.run(600_000)
    world.rest()
    return world


@pytest.fixture
def conflicts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    met, retry = list[str](), Processor._retry

    def count(self: Processor, part: Any, conflict: Any, batch: Any) -> Any:
        met.append(str(conflict))
        return retry(self, part, conflict, batch)

    monkeypatch.setattr(Processor, "_retry", count)
    return met


@pytest.mark.parametrize("seed", range(5))
def test_no_two_replicas_take_the_same_timer(conflicts: list[str], seed: int) -> None:
    service = fire_all(CROWDED, seed).services["volunteering"]
    assert not service.timers.by_id
    assert sum(key.startswith("timer:staffing:") for key in service.handled) == COUNT
    assert conflicts == []


@pytest.mark.parametrize("seed", range(5))
def test_each_fires_once_though_replicas_die_with_some_in_hand(seed: int) -> None:
    world = fire_all(DEADLY, seed)
    service = world.services["volunteering"]
    assert any(strike.startswith("crash") for strike in world.adversary.struck)
    assert not service.timers.by_id
    assert {key: times for key, times in service.handled.items() if times != 1} == {}
