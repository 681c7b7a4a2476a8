"""The timers of a service: counted, put off after a failure, and left alone once they are set again."""

from datetime import timedelta
from typing import Any

import pytest

from shared.engine.decide.memory import START
from shared.engine.store.letters import RETRY_SECONDS
from shared.engine.store.timers import Timers
from shared.runtime.clock import CityTime
from tests.city.mongo import Database
from tests.city.store import Memory

NOW = CityTime(START)
SECOND = timedelta(seconds=1)


@pytest.fixture
def database() -> Any:
    return Database(Memory("boxes"))


def row(name: str, late: int = 0, attempts: int | None = None) -> dict[str, Any]:
    made = {"_id": name, "due": NOW - late * SECOND, "type": "boxes.box_remembered", "data": {}}
    return made if attempts is None else {**made, "attempts": attempts}


def store(database: Any, *rows: dict[str, Any]) -> None:
    for one in rows:
        database["timers"].insert_one(one)


def stored(database: Any) -> dict[str, Any]:
    return {one["_id"]: one for one in database["timers"].find()}


def test_overdue_timers_are_counted_with_the_instant_of_the_first(database: Any) -> None:
    assert Timers(database).count_overdue(NOW) == (0, None)
    store(database, row("just now"), row("late", 60), row("later", -1))
    assert Timers(database).count_overdue(NOW) == (2, NOW - 60 * SECOND)


def test_timers_that_have_failed_are_counted_until_they_are_handled_well(database: Any) -> None:
    store(database, row("new"), row("well", attempts=0), row("failed", attempts=1), row("again", attempts=4))
    assert Timers(database).count_failing() == 2


@pytest.mark.parametrize("attempts", [None, 0, 1, 2, 3])
def test_a_failed_timer_is_put_off_longer_each_time(database: Any, attempts: int | None) -> None:
    failed = row("red", 5, attempts)
    store(database, failed)
    assert Timers(database).postpone(failed, NOW)
    tries = attempts or 0
    after = stored(database)["red"]
    assert (after["due"], after["attempts"]) == (NOW + RETRY_SECONDS[tries] * SECOND, tries + 1)


def test_a_timer_that_has_failed_five_times_is_put_off_no_more(database: Any) -> None:
    failed = row("red", 5, len(RETRY_SECONDS))
    store(database, failed)
    assert not Timers(database).postpone(failed, NOW)
    assert stored(database)["red"] == failed


def test_a_failure_that_was_not_the_timers_own_is_no_try_of_it_however_often(database: Any) -> None:
    failed = row("red", 5, len(RETRY_SECONDS))
    store(database, failed)
    assert Timers(database).postpone(failed, NOW, counts=False)
    after = stored(database)["red"]
    assert (after["due"], after["attempts"]) == (NOW + RETRY_SECONDS[0] * SECOND, len(RETRY_SECONDS))


def test_a_timer_that_was_set_again_meanwhile_is_neither_put_off_nor_deleted(database: Any) -> None:
    taken, again = row("red", 5), row("red", -60)
    store(database, again)
    timers = Timers(database)
    assert timers.postpone(taken, NOW)
    timers.delete(taken)
    assert stored(database) == {"red": again}
    assert timers.find_unchanged([taken, row("gone")]) == set()
    assert timers.find_unchanged([again, row("gone")]) == {"red"}
    timers.delete(again)
    assert stored(database) == {}


def test_due_timers_are_taken_and_one_that_another_replica_left_is_told_apart(database: Any) -> None:
    store(database, row("red", 2), row("blue", 1), row("later", -9))
    one, other = Timers(database), Timers(database)
    (mine,) = one.take_due(NOW, 1)
    assert mine["_id"] == "red"
    assert [found["_id"] for found in other.take_due(NOW)] == ["blue"]
    held = stored(database)["red"]
    assert other.was_left(held)
    assert not one.was_left(held)
    assert not other.was_left(row("blue", 1))
