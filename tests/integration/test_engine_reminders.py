"""A reminder is a row in the store: it fires once, late rather than never, by any replica."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from amqp_stranger import Stranger, fill, linked
from boxes import INDEXES, build
from engine_support import Room, until
from failed_messages import content, dead
from pymongo.database import Database

from shared.contracts.stations.needs import CancelNeed, PublishNeed
from shared.engine.run.loop import Loop
from shared.engine.run.processor import Processor
from shared.engine.run.service import ServiceSpec
from shared.engine.store import due_rows
from shared.engine.store.collections import TIMERS
from shared.engine.store.due_rows import DueRows
from shared.engine.store.letters import RETRY_SECONDS
from shared.engine.store.timers import Timers
from shared.runtime import failpoints
from shared.runtime.clock import Clock

pytestmark = pytest.mark.integration


def remind(box: str, milliseconds: int = 0) -> CancelNeed:
    return CancelNeed(need_id=box, reason=str(milliseconds))


def row(box: str, **changes: Any) -> dict[str, Any]:
    return {
        "_id": box, "due": datetime.now(UTC) - timedelta(seconds=1), "type": "stations.box_due",
        "data": {"box_id": box}, "correlation": "c", "traceparent": "", "attempts": 0,
    } | changes  # fmt: skip


@dataclass
class Fired:
    """The batches of all loops, as far as timers are in them."""

    by_loop: Counter[int] = field(default_factory=Counter)
    conflicts: int = 0
    mixed: int = 0
    """Batches that hold messages as well."""


@pytest.fixture
def fired(monkeypatch: pytest.MonkeyPatch) -> Fired:
    seen, process, retry = Fired(), Processor.process, Processor._retry

    def watch(self: Processor, deliveries: Any, rows: Any) -> None:
        seen.by_loop[id(self)] += len(rows)
        seen.mixed += bool(deliveries and rows)
        process(self, deliveries, rows)

    def count(self: Processor, *given: Any) -> Any:
        seen.conflicts += 1
        return retry(self, *given)

    monkeypatch.setattr(Processor, "process", watch)
    monkeypatch.setattr(Processor, "_retry", count)
    return seen


def test_it_fires_when_it_is_due(here: Room, stranger: Stranger):
    here.start()
    stranger.ask(remind("red", 300))
    stranger.ask(remind("later", 3_600_000))
    until(lambda: here.amounts() == {"red": 1000}, "the reminder")
    until(lambda: [r["_id"] for r in here.database["timers"].find()] == ["later"], "its row to be gone")


@pytest.mark.parametrize("count", [2, 3])
def test_replicas_share_out_what_is_due_and_none_conflicts(here: Room, fired: Fired, count: int):
    replicas = [here.start(batch_limit=50) for _ in range(count)]
    until(lambda: all(replica.loop.ready for replica in replicas), "every replica to be at work")
    here.database["timers"].insert_many([row(f"box-{n}") for n in range(1000)])
    until(lambda: here.database["timers"].count_documents({}) == 0, "all reminders")
    assert here.amounts() == {f"box-{n}": 1000 for n in range(1000)}
    assert fired.conflicts == 0
    assert len([loop for loop, rows in fired.by_loop.items() if rows]) == count, "each takes a part"
    assert sum(fired.by_loop.values()) == 1000


def test_beside_a_replica_of_a_release_without_leases_each_fires_once(here: Room, monkeypatch: pytest.MonkeyPatch):
    """It finds the same rows, as 0.2.0 does; the first to commit fires them."""
    old = iter([True, False])  # by replica, in the order of their start

    def build_rows(self: DueRows, database: Database[dict[str, Any]], collection: str) -> None:
        made(self, database, collection)
        if collection == TIMERS and next(old):
            rows = database[collection]
            self.take = lambda now, _: list(rows.find({"due": {"$lte": now}}).sort("due", 1).limit(20))  # type: ignore[method-assign]

    made = DueRows.__init__
    monkeypatch.setattr(DueRows, "__init__", build_rows)
    here.database["timers"].insert_many([row(f"box-{n}") for n in range(500)])
    here.start(batch_limit=20)
    here.start(batch_limit=20)
    until(lambda: here.database["timers"].count_documents({}) == 0, "all reminders")
    assert here.amounts() == {f"box-{n}": 1000 for n in range(500)}


def test_those_of_a_replica_that_died_fire_when_its_leases_lapse(here: Room, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(due_rows, "ROW_LEASE_SECONDS", 600)
    here.database["timers"].insert_many([row(f"box-{n}") for n in range(30)])
    held = Timers(here.database).take_due(Clock().city(), 20)
    assert len(held) == 20, "then it died"
    here.start()
    until(lambda: len(here.amounts()) == 10, "those that nobody holds")
    assert not {r["_id"] for r in held} & here.amounts().keys()
    lapsed = {"$set": {"lease_until": datetime.now(UTC) - timedelta(seconds=1)}}
    here.database["timers"].update_many({"_id": {"$in": [r["_id"] for r in held]}}, lapsed)
    until(lambda: len(here.amounts()) == 30, "the others")


def test_a_batch_of_messages_holds_no_timer(here: Room, stranger: Stranger, fired: Fired):
    here.database["timers"].insert_many([row(f"box-{n}") for n in range(20)])
    for n in range(20):
        stranger.event(linked(f"other-{n}"))
    here.start()
    until(lambda: len(here.amounts()) == 40, "all of both")
    assert not fired.mixed


def test_one_that_was_set_before_the_service_stopped_fires_after_it_starts(here: Room, stranger: Stranger):
    here.start()
    stranger.ask(remind("red", 3_600_000))
    here.loops[0].stop()
    assert here.amounts() == {}
    here.database["timers"].update_one({"_id": "red"}, {"$set": {"due": datetime.now(UTC)}})
    here.start()
    until(lambda: here.amounts() == {"red": 1000}, "the reminder")


def test_a_forgotten_one_does_not_fire_and_one_set_anew_fires_once(here: Room, stranger: Stranger):
    here.start()
    stranger.ask(remind("forgotten", 3_600_000))
    stranger.ask(PublishNeed(need_id="forgotten"))
    stranger.ask(remind("moved", 3_600_000))
    stranger.ask(remind("moved", 400))
    assert [r["_id"] for r in here.database["timers"].find() if r["_id"] != "moved"] == []
    until(lambda: here.amounts() == {"moved": 1000}, "the reminder")
    until(lambda: here.database["timers"].count_documents({}) == 0, "its row to be gone")


@pytest.mark.usefixtures("swept_soon")
def test_a_crash_between_commit_and_the_next_look_fires_it_once(here: Room, stranger: Stranger):
    failpoints.arm("after_commit=raise@1")
    try:
        crashed = here.start()
        here.database["timers"].insert_one(row("red"))
        until(crashed.crashed, "the crash")
    finally:
        failpoints.arm("")
    here.start()
    stranger.ask(fill("last"))
    until(lambda: here.outbox() == 0, "an empty outbox")
    until(lambda: here.amounts()["red"] == 1000, "the reminder, once")


def test_one_that_fails_is_put_off_further_each_time(here: Room, stranger: Stranger):
    here.database["timers"].insert_one(row("broken"))
    here.start()
    until(lambda: here.database["timers"].find_one({"attempts": 2}), "the second failure, a second after the first")
    stored = here.database["timers"].find_one({"_id": "broken"})
    assert stored is not None
    wait = stored["due"].replace(tzinfo=UTC) - datetime.now(UTC)
    assert RETRY_SECONDS[0] < wait.total_seconds() <= RETRY_SECONDS[1]


def test_one_that_failed_too_often_becomes_a_dead_letter(here: Room, stranger: Stranger):
    here.database["timers"].insert_one(row("broken", attempts=len(RETRY_SECONDS)))
    here.start()
    until(lambda: dead(here.database), "the dead letter")
    (letter,) = dead(here.database, "stations.events")
    assert (letter["kind"], letter["id"], letter["tries"]) == ("timer", "broken", len(RETRY_SECONDS) + 1)
    told = {"timer": "broken", "type": "stations.box_due", "data": {"box_id": "broken"}}
    assert json.loads(content(letter, here.vault).body) == told
    until(lambda: here.database["timers"].count_documents({}) == 0, "the row to be gone")


def test_a_row_that_no_handler_understands_becomes_a_dead_letter_and_holds_no_other(here: Room, stranger: Stranger):
    here.database["timers"].insert_many([row("odd", type="stations.unknown"), row("red")])
    here.start()
    until(lambda: here.amounts() == {"red": 1000}, "the other reminder")
    until(lambda: dead(here.database), "the dead letter")


def test_a_failing_one_among_many_holds_no_other(here: Room, stranger: Stranger):
    here.database["timers"].insert_many([row("broken" if n == 50 else f"box-{n}") for n in range(200)])
    here.start()
    until(lambda: len(here.amounts()) == 199, "all other reminders")


def test_one_that_was_forgotten_just_before_it_fires_does_not_fire(here: Room):
    """It was read as due; another replica forgot it, or set it again, before this one could commit."""
    here.database["timers"].insert_many([row("forgotten"), row("moved"), row("red")])
    settings = here.settings()
    loop = Loop(ServiceSpec("stations", build(), INDEXES), settings, here.database)
    loop._connect()
    try:
        due = loop.processor.timers.take_due(loop.clock.city(), 10)
        assert len(due) == 3
        here.database["timers"].delete_one({"_id": "forgotten"})
        later = datetime.now(UTC) + timedelta(hours=1)
        here.database["timers"].update_one({"_id": "moved"}, {"$set": {"due": later}})
        loop.processor.process([], due)
    finally:
        loop._disconnect()
    assert here.amounts() == {"red": 1000}
    assert [r["_id"] for r in here.database["timers"].find()] == ["moved"]
