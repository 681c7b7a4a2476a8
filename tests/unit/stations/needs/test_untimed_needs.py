"""A need of release 0.2 that is open without a timer gets one by the hourly pass; its handler finds the deadline."""

from datetime import timedelta
from typing import Any

from stations_in_memory import StationsInMemory

from services.stations.needs.domain.due_time import NeedDue, key_of_timer
from services.stations.needs.untimed import find_untimed_needs
from shared.contracts.stations.needs import NeedOverdue
from shared.engine.decide.memory import START
from shared.engine.store.untimed import EVERY, Untimed
from shared.people.retention import Retention
from shared.runtime.clock import Clock
from tests.city.mongo import Database
from tests.city.store import Memory

DAY = timedelta(days=1)


def store(timers: dict[str, Any] | None = None, **states: str | None) -> Database:
    memory = Memory("stations")
    for need_id, state in states.items():
        memory.write(None, "needs", need_id, {"_id": need_id} | ({} if state is None else {"state": state}))
    for key, due in (timers or {}).items():
        memory.write(None, "timers", key, {"_id": key, "due": due})
    return Database(memory)


def look(database: Database, rule: Untimed, at: Any = START) -> None:
    Retention(database, Clock(wall=at.timestamp, monotonic=lambda: 0.0), [rule], 0.0).run_pass()  # type: ignore[arg-type]


def test_open_needs_without_a_timer_get_one_and_ended_ones_and_those_with_one_are_left_alone() -> None:
    due = START + DAY
    database = store(
        {key_of_timer("need_d"): due}, need_a=None, need_b="served", need_c="ready", need_d="published", need_e="unmet"
    )
    look(database, find_untimed_needs())
    timers = database.visible("timers")
    assert {key: row["due"] for key, row in timers.items()} == {
        "due:need_a": START, "due:need_b": START, "due:need_c": START, "due:need_d": due,
    }  # fmt: skip
    row = timers["due:need_a"]
    assert (row["type"], row["attempts"]) == (NeedDue.type, 0)
    assert NeedDue.model_validate(row["data"]) == NeedDue(need_id="need_a")


def test_the_whole_store_is_looked_at_once_a_day() -> None:
    rule, database = find_untimed_needs(), store()
    look(database, rule)
    database.memory.write(None, "needs", "need_a", {"_id": "need_a", "state": "served"})
    look(database, rule, START + EVERY - timedelta(minutes=1))
    assert not database.visible("timers")
    look(database, rule, START + EVERY)
    assert list(database.visible("timers")) == ["due:need_a"]


def test_such_a_need_is_reminded_of_at_its_deadline(stations: StationsInMemory) -> None:
    need_id = stations.serve()
    stations.engine.timers = {key_of_timer(need_id): (stations.engine.now, NeedDue(need_id=need_id))}
    stations.engine.advance(3 * DAY - timedelta(minutes=1))
    assert stations.engine.emitted(NeedOverdue) == []
    stations.engine.advance(timedelta(minutes=1))
    assert len(stations.engine.emitted(NeedOverdue)) == 1
