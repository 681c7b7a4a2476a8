"""The door refuses commands while events fill the disk, opens only well below, and holds nothing else up."""

import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from shared.engine.amqp.broker import Delivery, Outgoing
from shared.engine.run import door as door_module
from shared.engine.run.door import MEBIBYTE, Door
from shared.runtime.metrics import EngineMetrics

BUDGET = 100


class Disk:
    """A service with a door: `used` is the part of the outbox's budget that its rows take."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.used, self.looks = 50.0, 0.0, 0
        self.shown: list[str] = []
        self.replies: list[Outgoing] = []
        self.metrics = EngineMetrics(f"door-{id(self)}")
        monkeypatch.setattr(door_module, "monotonic", lambda: self.now)
        monkeypatch.setattr(door_module, "Outbox", lambda _: self)
        monkeypatch.setattr(door_module, "show_closed_door", lambda _, code: self.shown.append(code))
        monkeypatch.setattr(door_module, "show_open_door", lambda _: self.shown.append("open"))
        self.door = Door("charity", object(), BUDGET, self.metrics)  # type: ignore[arg-type]

    def measure_bytes(self) -> int:
        self.looks += 1
        return round(self.used * BUDGET * MEBIBYTE)

    def fill(self, used: float, seconds: float = 2.0) -> bool:
        self.used, self.now = used, self.now + seconds
        self.door.measure()
        return self.door.closed

    def reply(self, messages: Any) -> None:
        self.replies += messages


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def delivery(queue: str, nth: int) -> Delivery:
    properties = {"reply_to": "caller", "correlation_id": f"c{nth}", "message_id": f"m{nth}"}
    return Delivery(queue, nth, b"{}", properties, "key", redelivered=False)


def test_the_door_closes_at_four_fifths_and_opens_below_seven_tenths(disk: Disk):
    parts = [0.79, 0.8, 0.75, 0.7, 0.69, 0.79, 1.5]
    assert [disk.fill(part) for part in parts] == [False, True, True, True, False, False, True]


def test_it_looks_at_the_outbox_every_two_seconds_at_most(disk: Disk):
    disk.fill(0.1)
    assert not disk.fill(0.9, seconds=1.9), "not yet looked at"
    assert disk.fill(0.9, seconds=0.1)
    assert disk.looks == 2


def test_the_operator_sees_a_closed_door_as_long_as_it_is_and_once_that_it_is_open(disk: Disk):
    with capture_logs() as lines:
        shown = [(disk.fill(part), len(disk.shown)) for part in (0.1, 0.2, 0.81, 0.82, 0.6, 0.5)]
    assert shown == [(False, 1), (False, 1), (True, 2), (True, 3), (False, 4), (False, 4)]
    assert disk.shown == ["open", "events_fill_disk", "events_fill_disk", "open"]
    assert [(line["event"], line["outbox_used"], line["log_level"]) for line in lines] == [
        ("door_closed", 0.81, "warning"), ("door_opened", 0.6, "warning"),
    ]  # fmt: skip


def test_the_metrics_show_the_part_that_is_used_and_the_door(disk: Disk):
    disk.fill(0.85)
    assert (disk.metrics.outbox_used._value.get(), disk.metrics.door_closed._value.get()) == (0.85, 1)
    disk.fill(0.25)
    assert (disk.metrics.outbox_used._value.get(), disk.metrics.door_closed._value.get()) == (0.25, 0)


def test_an_open_door_lets_everything_in(disk: Disk):
    came = [delivery("charity.commands", 1), delivery("charity.events", 2)]
    assert disk.door.admit(came, disk) == came  # type: ignore[arg-type]
    assert disk.replies == []


def test_a_closed_door_answers_commands_and_lets_events_and_others_in(disk: Disk):
    disk.fill(0.9)
    queues = ("charity.commands", "charity.events", "charity.commands")
    came = [delivery(queue, nth) for nth, queue in enumerate(queues)]
    assert disk.door.admit(came, disk) == [came[1]]  # type: ignore[arg-type]
    assert [reply.properties["correlation_id"] for reply in disk.replies] == ["c0", "c2"]
    assert [reply.routing_key for reply in disk.replies] == ["caller", "caller"]
    error = json.loads(disk.replies[0].body)["error"]
    assert (error["code"], error["rule"], error["args"]) == ("unavailable", "events_fill_disk", {"service": "charity"})
