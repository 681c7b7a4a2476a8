"""The reader of the log of events: a kept place counts in the log alone that it was kept for."""

import json
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import ExecutionTimeout

from services.volunteering.notices.place import LogPosition, NoticePlace
from services.volunteering.notices.steps import DispatchesChanged, position_step
from services.volunteering.worker import following as module
from services.volunteering.worker.following import Follower
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.event_log import LogPlace
from shared.runtime.clock import Clock

YESTERDAY = 4
"""The offset of the first event of the last day."""


class Log:
    """A log whose events have these offsets; a reader takes the one at its place again."""

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

    def take(self, limit: int, *_: object) -> list[Delivery] | None:
        taken, self._left = self._left[:limit], self._left[limit:]
        if not taken:
            return None
        self.place = self._place_of(taken[-1])
        self.first = self.first or self._place_of(taken[0])
        return [self._event(offset) for offset in taken]

    def _place_of(self, offset: int) -> LogPlace:
        return LogPlace(offset, f"{self._log.name}{offset}")

    def _event(self, offset: int) -> Delivery:
        data = {"need_id": f"need_{offset}", "changed": [{"dispatch_id": f"dsp_{offset}"}]}
        return Delivery("", 0, json.dumps({"data": data}).encode(), {}, "volunteering.staffing.changed", False)

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
    """Units of work that note the needs whose notices are planned; a transaction takes so many steps at most."""

    def __init__(self, most: int = 1000) -> None:
        self.planned: list[str] = []
        self.place = NoticePlace(id="staffings", version=1, offset=9, key="e9")
        self._most = most

    def run(self, steps: Any) -> frozenset[str]:
        if len(steps) > self._most:
            raise ExecutionTimeout("the transaction took too long")
        for data in (data for _, data, _ in steps if isinstance(data, LogPosition)):
            self.place = self.place.model_copy(update={"offset": data.offset, "key": data.key})
        self.planned += [data.need_id for _, data, _ in steps if isinstance(data, DispatchesChanged)]
        return frozenset()


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
    follower = follower_of(monkeypatch, log, units)
    for _ in range(3):
        follower.step(lambda _: None)
    assert units.planned == [f"need_{offset}" for offset in planned]


def test_events_that_are_too_many_for_one_transaction_are_read_in_smaller_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    units: Any = NotingUnits(most=31)
    follower = follower_of(monkeypatch, Log(range(9, 309)), units)
    for _ in range(60):
        try:
            follower.step(lambda _: None)
        except ExecutionTimeout:
            follower.close()  # as the worker does
    assert set(units.planned) == {f"need_{offset}" for offset in range(9, 309)}


def test_events_gather_behind_the_last_one_and_nothing_rests_while_more_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    units: Any = NotingUnits()
    follower = follower_of(monkeypatch, Log(range(9, 9 + module.MOST_EVENTS + 5)), units)
    rests: list[float] = []
    for planned, expected in ((module.MOST_EVENTS, []), (module.MOST_EVENTS + 5, [module.GATHER_SECONDS])):
        follower.step(rests.append)
        assert (len(units.planned), rests) == (planned, expected)
    follower.step(rests.append)
    assert rests == [module.GATHER_SECONDS], "without an event it waits for one, and does not rest"


def follower_of(monkeypatch: pytest.MonkeyPatch, log: Log, units: Any) -> Follower:
    """Return the reader of the log, which has stopped at an event with the offset 9 or goes on from its last step."""
    monkeypatch.setattr(module, "Lease", HeldLease)
    monkeypatch.setattr(module, "LogReader", log.read)
    monkeypatch.setattr(Follower, "_find_place", lambda _: units.place)
    monkeypatch.setattr(Follower, "_find_beginning", lambda _: LogPlace(YESTERDAY))
    return Follower(MongoClient(connect=False)["volunteering"], "", units, position_step, Clock())
