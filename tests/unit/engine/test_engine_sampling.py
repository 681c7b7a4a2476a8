"""A sample shows queues, store and lists as they are; a source that does not answer keeps its last numbers."""

from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any, Self

import pytest
from metric_samples import read_sample
from pymongo.errors import AutoReconnect
from structlog.testing import capture_logs

from shared.engine.amqp.topology import plan
from shared.engine.decide.memory import START
from shared.engine.observe import sampling
from shared.engine.observe.census import Census
from shared.engine.observe.sampling import Sampler

NUMBERS = count()
EVENTS, COMMANDS = "charity.events", "charity.commands"
CITY = START + timedelta(days=3)


class Sampled:
    """The servers of one sampler. `fails` has the errors of calls, one for each time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *censuses: Census) -> None:
        self.now, self.log, self.fails = 100.0, [], {}  # type: ignore[var-annotated]
        self.pauses: list[float] = []
        self.backlog: Any = (0, None)
        self.due: Any = (0, None)
        self.failing = 0
        self.audit: tuple[int, str | None] = (0, None)
        self.kept: dict[tuple[str, str], Any] = {}
        self.lengths = {EVENTS: (12, 2), COMMANDS: (3, 1)}
        for name, fake in {
            "connect": lambda uri, name: self.call("connect", uri, name) or self,
            "keep_alive": lambda _: self.call("heartbeat"),
            "close_quietly": lambda connection: self.call("close", connection is self),
            "monotonic": lambda: self.now,
            "Outbox": lambda _: SimpleNamespace(measure_backlog=lambda: self.call("outbox") or self.backlog),
            "Timers": lambda _: SimpleNamespace(count_overdue=self.overdue, count_failing=lambda: self.failing),
            "Letters": lambda _: SimpleNamespace(measure=lambda *which: self.kept.get(which, (0, None))),
            "AuditBlocks": lambda *_: SimpleNamespace(measure=lambda: self.audit),
            "Event": lambda: SimpleNamespace(
                is_set=lambda: len(self.pauses) > 1, wait=self.pauses.append, set=self.stop
            ),
        }.items():
            monkeypatch.setattr(sampling, name, fake)
        clock: Any = SimpleNamespace(city=lambda: CITY, machine=lambda: START)
        self.sampler = Sampler("charity", "amqp://broker", "the store", clock, censuses)  # type: ignore[arg-type]

    def call(self, name: str, *details: Any) -> None:
        self.log.append((name, *details))
        if self.fails.get(name):
            raise self.fails[name].pop()

    def overdue(self, now: Any) -> Any:
        assert now == CITY, "timers are due by the city's time"
        return self.due

    def stop(self) -> None:
        self.call("stop")

    def channel(self) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def queue_declare(self, name: str, *, passive: bool) -> tuple[str, int, int]:
        assert passive, "a look must not make a queue"
        self.call("look", name)
        return name, *self.lengths.get(name, (0, 0))


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch) -> Sampled:
    return Sampled(monkeypatch)


def shown(name: str, **labels: str) -> float | None:
    return read_sample(f"lianshan_{name}", service="charity", **labels)


def test_each_queue_of_the_service_is_shown_with_its_limit_and_consumers(sampled: Sampled):
    sampled.sampler.sample()
    own = [queue for queue in plan() if queue.name.startswith("charity.")]
    assert sampled.log[:2] == [("connect", "amqp://broker", "charity sampler"), ("heartbeat",)]
    assert [name for call, *name in sampled.log if call == "look"] == [[queue.name] for queue in own]
    assert shown("queue_messages", queue=EVENTS, kind="main") == 12
    assert shown("queue_messages", queue=COMMANDS, kind="main") == 3
    assert shown("queue_consumers", queue=EVENTS) == 2
    assert shown("queue_limit_messages", queue=EVENTS, kind="main") == own[0].arguments["x-max-length"]


def test_a_connection_is_kept_for_the_next_sample(sampled: Sampled):
    sampled.sampler.sample()
    sampled.sampler.sample()
    assert [call[0] for call in sampled.log].count("connect") == 1
    assert [call[0] for call in sampled.log].count("heartbeat") == 2


def test_a_broker_that_does_not_answer_is_connected_again_and_the_store_is_sampled(sampled: Sampled):
    sampled.fails["look"] = [OSError("reset")]
    sampled.backlog = (77, START - timedelta(seconds=5))
    with capture_logs() as lines:
        sampled.sampler.sample()
    assert [(line["event"], line["source"], line["error"]) for line in lines] == [
        ("sample_failed", "broker", "OSError: reset")
    ]
    assert ("close", True) in sampled.log
    assert shown("outbox_events") == 77
    sampled.sampler.sample()
    assert [call[0] for call in sampled.log].count("connect") == 2


def test_a_store_that_does_not_answer_keeps_its_numbers_and_the_brokers_connection(sampled: Sampled):
    sampled.backlog = (5, None)
    sampled.sampler.sample()
    sampled.backlog, sampled.fails["outbox"] = (9, None), [AutoReconnect("no primary")]
    before = shown("sampled_timestamp_seconds", source="store")
    with capture_logs() as lines:
        sampled.sampler.sample()
    assert [line["source"] for line in lines] == ["store"]
    assert (shown("outbox_events"), shown("sampled_timestamp_seconds", source="store")) == (5, before)
    assert not [call for call in sampled.log if call[0] == "close"]


def test_the_backlog_and_timers_are_shown_with_their_ages(sampled: Sampled):
    sampled.backlog, sampled.due, sampled.failing = (
        (4, START - timedelta(seconds=7)),
        (6, CITY - timedelta(seconds=9)),
        2,
    )
    sampled.sampler.sample()
    assert (shown("outbox_events"), shown("outbox_age_seconds")) == (4, 7)
    assert (shown("timers_due"), shown("timers_late_seconds"), shown("timers_failing")) == (6, 9, 2)
    sampled.backlog, sampled.due = (0, None), (0, CITY + timedelta(seconds=9))
    sampled.sampler.sample()
    assert (shown("outbox_age_seconds"), shown("timers_late_seconds")) == (0, 0), "never less than none"


def test_failed_messages_are_shown_by_queue_and_state(sampled: Sampled):
    sampled.kept = {(EVENTS, "waiting"): (3, START - timedelta(seconds=4)), (COMMANDS, "dead"): (8, START)}
    sampled.sampler.sample()
    assert shown("letters", queue=EVENTS, state="waiting") == 3
    assert shown("letters_oldest_seconds", queue=EVENTS, state="waiting") == 4
    assert shown("letters", queue=COMMANDS, state="dead") == 8
    assert shown("letters", queue=EVENTS, state="dead") == 0


def test_it_samples_every_five_seconds_until_stopped_and_closes_its_connection(sampled: Sampled):
    sampled.sampler.run()
    assert sampled.pauses == [5.0, 5.0]
    assert sampled.log[-1] == ("close", True)
    sampled.sampler.stop()
    assert sampled.log[-1] == ("stop",)


# ---- censuses --------------------------------------------------------------------------------------------------


def census(found: Any, label: str = "state") -> Census:
    return Census(f"lianshan_census_{next(NUMBERS)}", "things", found, label)


def counted(thing: Census, **labels: str) -> float | None:
    return shown(thing.name.removeprefix("lianshan_"), **labels)


def test_a_value_that_is_no_longer_counted_is_shown_as_none(monkeypatch: pytest.MonkeyPatch):
    answers = [{"open": 3.0}, {"done": 2.0}]
    asked = []

    def find(database: Any, now: Any) -> Any:
        asked.append((database, now))
        return answers.pop(0)

    things = census(find)
    sampled = Sampled(monkeypatch, things)
    sampled.sampler.sample()
    assert counted(things, state="open") == 3
    sampled.now += 15
    sampled.sampler.sample()
    assert (counted(things, state="open"), counted(things, state="done")) == (0, 2)
    assert asked == [("the store", CITY)] * 2


def test_a_census_without_a_label_is_one_number(monkeypatch: pytest.MonkeyPatch):
    things = census(lambda *_: {"": 7.0}, label="")
    Sampled(monkeypatch, things).sampler.sample()
    assert counted(things) == 7


@pytest.mark.parametrize(("took", "next_after"), [(0.01, 15.0), (0.3, 15.0), (1.0, 50.0), (4.0, 200.0)])
def test_a_slow_census_is_taken_less_often(monkeypatch: pytest.MonkeyPatch, took: float, next_after: float):
    begun = []

    def find(*_: Any) -> Any:
        begun.append(sampled.now)
        sampled.now += took
        return {"": 1.0}

    sampled = Sampled(monkeypatch, census(find, label=""))
    sampled.sampler.sample()
    ended = sampled.now
    for wait in (next_after - 0.01, next_after):
        sampled.now = ended + wait
        sampled.sampler.sample()
    assert len(begun) == 2
    assert begun[1] == ended + next_after


def test_lists_that_are_not_counted_again_yet_keep_their_time(monkeypatch: pytest.MonkeyPatch):
    sampled = Sampled(monkeypatch, census(lambda *_: {"": 1.0}, label=""))
    sampled.sampler.sample()
    counted_at = shown("sampled_timestamp_seconds", source="lists")
    sampled.now += 14
    sampled.sampler.sample()
    assert shown("sampled_timestamp_seconds", source="lists") == counted_at
    sampled.now += 1
    sampled.sampler.sample()
    assert shown("sampled_timestamp_seconds", source="lists") != counted_at


def test_a_census_that_fails_is_not_taken_again_at_once(monkeypatch: pytest.MonkeyPatch):
    tries = []

    def find(*_: Any) -> Any:
        tries.append(sampled.now)
        raise AutoReconnect("no primary")

    sampled = Sampled(monkeypatch, census(find))
    with capture_logs() as lines:
        sampled.sampler.sample()
        sampled.now += 14
        sampled.sampler.sample()
    assert (len(tries), [line["source"] for line in lines]) == (1, ["lists"])


def test_the_last_block_of_the_audit_and_the_age_of_its_oldest_open_row_are_shown(sampled: Sampled):
    sampled.audit = 812, f"{int((CITY - timedelta(minutes=9)).timestamp() * 1000):013d}.a"
    sampled.sampler.sample()
    assert (shown("audit_block"), shown("audit_open_seconds")) == (812, 540)
    sampled.audit = 812, "no id of a row"
    sampled.sampler.sample()
    assert shown("audit_open_seconds") == 0
