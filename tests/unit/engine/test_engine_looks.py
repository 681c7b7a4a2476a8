"""A replica looks at the length of its queue every second, and sooner after many messages."""

from types import SimpleNamespace
from typing import Any

import pytest

from shared.engine.run.catch_up import LOOK_SECONDS, CatchUp
from shared.engine.store.collections import INDEXES
from tests.city.mongo import Database
from tests.city.store import Memory


def test_a_queue_is_looked_at_every_second_and_after_so_many_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    now, looks = 100.0, []
    log: Any = SimpleNamespace(holds=1_000, measure=lambda: looks.append(now) or (0, 1))
    database: Any = Database(Memory("boxes", INDEXES))
    catch_up = CatchUp(database, log, None, None, ahead=10, every=50, seconds=lambda: now)  # type: ignore[arg-type]
    monkeypatch.setattr(catch_up, "_follow_position", lambda **_: None)

    def step(at: float, received: int = 0) -> int:
        nonlocal now
        now = at
        catch_up.step(lambda _: None, received)
        return len(looks)

    assert [step(100.0), step(100.0 + LOOK_SECONDS / 2), step(100.0 + LOOK_SECONDS)] == [1, 1, 2]
    assert [step(101.1, 49), step(101.2, 1), step(101.3, 49)] == [2, 3, 3]
