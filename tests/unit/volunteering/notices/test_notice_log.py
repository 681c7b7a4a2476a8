"""The reader of the log of events: a kept place counts in the log alone that it was kept for."""

import json
from typing import Any

import pytest
from pymongo import MongoClient

from services.volunteering.notices.place import NoticePlace
from services.volunteering.notices.steps import DispatchesChanged, position_step
from services.volunteering.worker import following as module
from services.volunteering.worker.following import Follower
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.event_log import LogPlace
from shared.runtime.clock import Clock

YESTERDAY = 4
"""The offset of the first event of the last day."""


class Log:
    """A log whose events have these offsets; a reader takes one at a time, and the one at its place again."""

    def __init__(self, offsets: range, name: str = "e") -> None:
        self.offsets, self.name = offsets, name

    def read(self, _uri: str, _service: str, start: LogPlace, *_: object, **__: object) -> "Reading":
        # RabbitMQ begins at the nearest end of a stream that lacks the offset.
        first = min(max(start.offset, self.offsets[0]), self.offsets[-1])
        return Reading(self, start, [one for one in self.offsets if one >= first])


class Reading:
    """A reader of that log."""

    def __init__(self, log: Log, start: LogPlace, offsets: list[int]) -> None:
        self._log, self._left = log, offsets
        self.place = start
        self.first: LogPlace | None = None

    def take(self, *_: object) -> list[Delivery] | None:
        if not self._left:
            return None
        offset = self._left.pop(0)
        self.place = LogPlace(offset, f"{self._log.name}{offset}")
        self.first = self.first or self.place
        data = {"need_id": f"need_{offset}", "changed": [{"dispatch_id": f"dsp_{offset}"}]}
        return [Delivery("", 0, json.dumps({"data": data}).encode(), {}, "volunteering.staffing.changed", False)]

    def settle(self) -> None:
        """Acknowledge nothing."""

    def close(self) -> None:
        """Close nothing."""


class HeldLease:
    """A lease that this worker holds."""

    held = True

    def __init__(self, *_: object) -> None:
        """Take nothing."""

    def refresh(self) -> bool:
        return True


class NotingUnits:
    """Units of work that note the needs whose notices are planned."""

    def __init__(self) -> None:
        self.planned: list[str] = []

    def run(self, steps: Any) -> int:
        self.planned += [data.need_id for _, data, _ in steps if isinstance(data, DispatchesChanged)]
        return 0


@pytest.mark.parametrize(
    ("log", "planned"),
    [
        (Log(range(3, 11)), [9, 10]),
        (Log(range(12, 15)), [12, 13, 14]),
        (Log(range(6), "new"), [4, 5]),
        (Log(range(15), "new"), [*range(4, 15)]),
    ],
    ids=["as it was", "its oldest events are gone", "a shorter one after the loss of the broker", "a longer one"],
)
def test_a_worker_reads_on_where_it_stopped_and_the_last_day_of_a_log_that_is_another(
    monkeypatch: pytest.MonkeyPatch, log: Log, planned: list[int]
) -> None:
    units: Any = NotingUnits()
    place = NoticePlace(id="staffings", version=1, offset=9, key="e9")
    monkeypatch.setattr(module, "Lease", HeldLease)
    monkeypatch.setattr(module, "LogReader", log.read)
    monkeypatch.setattr(Follower, "_find_place", lambda _: place)
    monkeypatch.setattr(Follower, "_find_beginning", lambda _: LogPlace(YESTERDAY))
    follower = Follower(MongoClient(connect=False)["volunteering"], "", units, position_step, Clock())
    for _ in range(20):
        follower.step(lambda _: None)
    assert sorted(set(units.planned)) == sorted({f"need_{offset}" for offset in planned})
