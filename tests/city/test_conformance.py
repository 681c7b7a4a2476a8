"""The store in memory and MongoDB keep the same rules of transactions, answers, and timers.

The limits that the engine of the unit tests keeps too stand in `test_limits`.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.engine.decide.fence import Fence
from shared.engine.decide.unit_of_work import TimerRow
from shared.engine.store.collections import TIMERS
from shared.engine.store.commit import Answer
from shared.engine.store.due_rows import ROW_LEASE_SECONDS
from shared.engine.store.errors import Conflict, Held
from shared.engine.store.lease import LEASES, Lease
from shared.engine.store.timers import AHEAD, Timers
from tests.city.kept import NOW, Due, Kept, Thing, in_memory, in_mongodb


@pytest.fixture(params=[in_memory, pytest.param(in_mongodb, marks=pytest.mark.integration)], ids=lambda p: p.__name__)
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    make: Callable[[pytest.FixtureRequest], Iterator[Kept]] = request.param
    yield from make(request)


def test_a_document_that_an_open_transaction_holds_is_held(kept: Kept) -> None:
    kept.put((None, Thing(id="t")))
    read = kept.get(Thing, "t")
    with kept.database.client.start_session() as session:
        session.start_transaction()
        update = {"q": {"_id": "t"}, "u": {"$set": {"name": "held"}}}
        kept.database.command({"update": "things", "updates": [update]}, session=session)
        assert kept.get(Thing, "t").name == "", "what is not committed is not read"
        with pytest.raises(Held):
            kept.put((read, read.model_copy(update={"name": "other"})))
        session.commit_transaction()
    assert kept.get(Thing, "t").name == "held"


def test_a_transaction_that_is_aborted_leaves_nothing(kept: Kept) -> None:
    with kept.database.client.start_session() as session:
        session.start_transaction()
        kept.database.command({"insert": "things", "documents": [{"_id": "t", "version": 1}]}, session=session)
        session.abort_transaction()
    assert kept.get(Thing, "t") is None
    kept.put((None, Thing(id="t")))


def test_a_write_after_the_snapshot_of_a_transaction_makes_it_conflict(kept: Kept) -> None:
    kept.put((None, Thing(id="s")), (None, Thing(id="t")))
    with kept.database.client.start_session() as session:
        session.start_transaction()
        own = {"q": {"_id": "s"}, "u": {"$set": {"name": "mine"}}}
        kept.database.command({"update": "things", "updates": [own]}, session=session)
        read = kept.get(Thing, "t")
        kept.put((read, read.model_copy(update={"name": "quicker"})))
        late = {"q": {"_id": "t", "version": 1}, "u": {"$set": {"name": "late"}}}
        with pytest.raises(Exception, match=r"(?i)write ?conflict"):
            kept.database.command({"update": "things", "updates": [late]}, session=session)
    assert (kept.get(Thing, "s").name, kept.get(Thing, "t").name) == ("", "quicker")


# ---- answers ----------------------------------------------------------------------------------------------------


def test_an_answer_or_a_refusal_is_found_with_its_key(kept: Kept) -> None:
    answers = [Answer("command:1", "f1", b'{"ok": 1}'), Answer("command:2", "f2", b'{"error": {"code": "invalid"}}')]
    kept.put(keys=["command:1", "command:2", "event"], answers=answers)
    assert kept.reader.find_seen(["command:1", "command:2", "event", "new"]) == {
        "command:1": answers[0], "command:2": answers[1], "event": None,
    }  # fmt: skip


# ---- timers ----------------------------------------------------------------------------------------------------


def timer(key: str, due: datetime, word: str = "") -> dict[str, TimerRow]:
    return {key: TimerRow(key, due, Due(word=word))}


def test_a_timer_of_the_same_key_replaces_the_earlier_one_and_a_forgotten_one_is_gone(kept: Kept) -> None:
    timers = Timers(kept.database)
    kept.put(timers=timer("k", NOW, "first"))
    kept.put(timers=timer("k", NOW + timedelta(seconds=5), "second"))
    assert timers.take_due(NOW, 10) == []
    (row,) = timers.take_due(NOW + timedelta(seconds=5), 10)
    assert (row["data"]["word"], row["attempts"]) == ("second", 0)
    kept.put(timers={"k": TimerRow("k")})
    assert timers.take_due(NOW + timedelta(days=1), 10) == []


def test_a_timer_that_is_set_again_while_it_waits_for_another_try_keeps_the_count_of_its_failures(kept: Kept) -> None:
    timers = Timers(kept.database)
    kept.put(timers=timer("k", NOW))
    (row,) = timers.take_due(NOW, 10)
    timers.postpone(row, NOW)
    kept.put(timers=timer("k", NOW, "again"))
    (row,) = timers.take_due(NOW, 10)
    assert (row["data"]["word"], row["attempts"]) == ("again", 1)
    kept.put(fired=[TimerRow("k", NOW)], timers=timer("k", NOW, "after success"))
    (row,) = timers.take_due(NOW, 10)
    assert row["attempts"] == 0


def test_due_timers_come_the_most_overdue_first_and_no_more_than_asked(kept: Kept) -> None:
    for seconds in (3, 1, 2):
        kept.put(timers=timer(f"k{seconds}", NOW + timedelta(seconds=seconds)))
    found = Timers(kept.database).take_due(NOW + timedelta(seconds=9), 2)
    assert [row["_id"] for row in found] == ["k1", "k2"]


def test_a_timer_fires_once_and_may_set_itself_again(kept: Kept) -> None:
    kept.put(timers=timer("k", NOW))
    later = NOW + timedelta(hours=1)
    kept.put(fired=[TimerRow("k", NOW)], timers=timer("k", later))
    with pytest.raises(Conflict):
        kept.put((None, Thing(id="t")), fired=[TimerRow("k", NOW)])
    assert kept.get(Thing, "t") is None
    assert [row["due"] for row in Timers(kept.database).take_due(later, 10)] == [later]


def test_a_failed_timer_is_postponed_unless_it_was_set_again(kept: Kept) -> None:
    timers = Timers(kept.database)
    kept.put(timers=timer("k", NOW))
    (row,) = timers.take_due(NOW, 10)
    assert timers.postpone(row, NOW)
    (again,) = timers.take_due(NOW + timedelta(seconds=1), 10)
    assert (again["due"], again["attempts"]) == (NOW + timedelta(seconds=1), 1)
    assert timers.find_unchanged([row]) == set()
    timers.delete(row)
    assert kept.database[TIMERS].find_one({"_id": "k"}) is not None


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["_id"] for row in rows]


def many_due(kept: Kept, count: int) -> None:
    kept.put(timers={f"k{nth}": TimerRow(f"k{nth}", NOW + timedelta(milliseconds=nth), Due()) for nth in range(count)})


def test_each_replica_takes_other_timers_and_none_waits_for_another(kept: Kept) -> None:
    many_due(kept, 5)
    now = NOW + timedelta(seconds=1)
    one, other, third = (Timers(kept.database) for _ in range(3))
    assert ids(one.take_due(now, 2)) == ["k0", "k1"]
    assert ids(other.take_due(now, 2)) == ["k2", "k3"]
    assert ids(third.take_due(now, 2)) == ["k4"]
    assert third.take_due(now, 2)[0]["_id"] == "k4", "its own it may take again: it has nothing in hand"
    assert [row["_id"] for row in Timers(kept.database).take_due(now, 2)] == []


def test_the_timers_of_a_replica_that_died_are_free_when_its_leases_lapse(kept: Kept) -> None:
    many_due(kept, 2)
    now = NOW + timedelta(seconds=1)
    Timers(kept.database).take_due(now, 2)
    other = Timers(kept.database)
    assert other.take_due(now, 2) == []
    for key in ("k0", "k1"):
        passed = {"$subtract": ["$lease_until", ROW_LEASE_SECONDS * 1000]}
        kept.database[TIMERS].update_one({"_id": key}, [{"$set": {"lease_until": passed}}])
    assert ids(other.take_due(now + AHEAD, 2)) == ["k0", "k1"]


class Looks(Timers):
    """The timers of one replica, and the looks at the store."""

    def __init__(self, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(kept.database)
        self.looks = 0
        take = self._due.take

        def count(*given: Any) -> list[dict[str, Any]]:
            self.looks += 1
            return take(*given)

        monkeypatch.setattr(self._due, "take", count)


def test_where_no_timer_is_due_soon_the_store_is_asked_once_a_second(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.put(timers=timer("far", NOW + timedelta(hours=1)))
    timers = Looks(kept, monkeypatch)
    for quarter in range(8):
        assert timers.take_due(NOW + AHEAD * quarter / 4, 2) == []
    assert timers.looks == 2
    assert ids(timers.take_due(NOW + timedelta(hours=1), 2)) == ["far"], "also where the city's clock was moved"


def test_a_timer_that_is_seen_ahead_is_taken_at_its_instant(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    soon = NOW + AHEAD / 3
    kept.put(timers=timer("near", NOW) | timer("soon", soon))
    timers = Looks(kept, monkeypatch)
    (row,) = timers.take_due(NOW, 2)
    timers.delete(row)
    assert [ids(timers.take_due(at, 2)) for at in (NOW, soon - timedelta(milliseconds=1), soon)] == [[], [], ["soon"]]
    assert timers.looks == 3


def test_a_timer_that_this_process_sets_is_taken_at_its_instant(kept: Kept) -> None:
    timers, soon = Timers(kept.database), NOW + AHEAD / 3
    assert timers.take_due(NOW, 2) == []
    kept.put(timers=timer("soon", soon))
    timers.expect([soon, NOW + timedelta(hours=1)])
    assert timers.take_due(soon - timedelta(milliseconds=1), 2) == []
    assert ids(timers.take_due(soon, 2)) == ["soon"]
    (row,) = timers.take_due(soon, 2)
    timers.postpone(row, soon)
    assert ids(timers.take_due(soon + timedelta(seconds=1), 2)) == ["soon"], "or put off"


def test_a_due_timer_that_could_not_be_taken_is_looked_for_at_once(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.put(timers=timer("k", NOW))
    timers = Timers(kept.database)
    with monkeypatch.context() as held:
        held.setattr(timers._due, "_lease", lambda *_: [])
        assert timers.take_due(NOW, 2) == []
    assert ids(timers.take_due(NOW + AHEAD / 4, 2)) == ["k"]


def test_a_timer_that_another_process_sets_is_taken_within_a_second(kept: Kept) -> None:
    timers = Timers(kept.database)
    assert timers.take_due(NOW, 2) == []
    kept.put(timers=timer("soon", NOW))
    assert ids(timers.take_due(NOW + AHEAD, 2)) == ["soon"]


def test_a_timer_that_is_set_again_is_free_though_its_earlier_instant_is_taken(kept: Kept) -> None:
    many_due(kept, 1)
    now = NOW + timedelta(seconds=9)
    one, other = Timers(kept.database), Timers(kept.database)
    (taken,) = one.take_due(now, 2)
    kept.put(timers=timer("k0", NOW + timedelta(seconds=5)))
    (again,) = other.take_due(now, 2)
    assert again["due"] == NOW + timedelta(seconds=5)
    with pytest.raises(Conflict):
        kept.put(fired=[TimerRow("k0", taken["due"])])


def test_a_timer_that_a_release_without_leases_has_fired_fires_once(kept: Kept) -> None:
    many_due(kept, 1)
    (taken,) = Timers(kept.database).take_due(NOW, 2)
    (found,) = kept.database[TIMERS].find({"due": {"$lte": NOW}})
    kept.put(fired=[TimerRow("k0", found["due"])])
    with pytest.raises(Conflict):
        kept.put((None, Thing(id="t")), fired=[TimerRow("k0", taken["due"])])
    assert kept.get(Thing, "t") is None


# ---- leases ----------------------------------------------------------------------------------------------------


def test_one_replica_holds_a_lease_until_it_falls_silent_and_the_next_one_has_a_higher_number(kept: Kept) -> None:
    one, other = Fence(), Fence()
    first, second = (Lease(kept.database, "consumer", fence) for fence in (one, other))
    assert (first.refresh(), second.refresh(), first.refresh()) == (True, False, True)
    assert (one.number, other.number) == (1, 0)
    kept.database[LEASES].update_one({"_id": "consumer"}, [{"$set": {"until": "$$NOW"}}])
    assert (second.refresh(), other.number, first.refresh(), one.number) == (True, 2, False, 0)
    second.leave()
    assert (first.refresh(), one.number) == (True, 3)
