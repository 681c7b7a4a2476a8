"""The store in memory and MongoDB keep the same rules: keys, guards, conflicts, sizes, timers, the outbox, queries."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient

from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.dispatch.storage import OverdueStaffings, WaitingStaffings
from shared.engine.decide.unit_of_work import TimerRow
from shared.engine.store.collections import INDEXES, OUTBOX, TIMERS, ensure_indexes
from shared.engine.store.commit import Answer, commit
from shared.engine.store.errors import Conflict, Held, NotCommittableError
from shared.engine.store.outbox import Outbox
from shared.engine.store.reader import Reader
from shared.engine.store.timers import Timers
from tests.city.kept import NOW, STAFFINGS, Due, Kept, Thing, transaction
from tests.city.mongo import Database
from tests.city.reader import CityReader
from tests.city.store import Memory


def in_memory(_: pytest.FixtureRequest) -> Iterator[Kept]:
    memory = Memory("test", {**INDEXES, "things": [], **STAFFINGS})
    database = Database(memory)
    yield Kept(database, CityReader(database, {}))


def in_mongodb(request: pytest.FixtureRequest) -> Iterator[Kept]:
    client: MongoClient[Any] = MongoClient(request.getfixturevalue("mongo_uri"), tz_aware=True)
    with client:
        database = client[f"conformance_{uuid4().hex[:8]}"]
        ensure_indexes(database, {"things": [], **STAFFINGS})
        yield Kept(database, Reader(database))
        client.drop_database(database.name)


@pytest.fixture(params=[in_memory, pytest.param(in_mongodb, marks=pytest.mark.integration)], ids=lambda p: p.__name__)
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    make: Callable[[pytest.FixtureRequest], Iterator[Kept]] = request.param
    yield from make(request)


# ---- keys and guards -------------------------------------------------------------------------------------------


def test_a_message_key_is_taken_once(kept: Kept) -> None:
    kept.put(keys=["a", "b"])
    with pytest.raises(Conflict):
        kept.put((None, Thing(id="t")), keys=["b", "c"])
    assert kept.get(Thing, "t") is None, "nothing of a refused transaction is stored"
    assert set(kept.reader.find_seen(["a", "b", "c"])) == {"a", "b"}


def test_a_second_writer_who_read_the_same_version_conflicts(kept: Kept) -> None:
    kept.put((None, Thing(id="t", name="first")))
    read = kept.get(Thing, "t")
    kept.put((read, read.model_copy(update={"name": "second"})))
    with pytest.raises(Conflict):
        kept.put((read, read.model_copy(update={"count": 7})))
    stored = kept.get(Thing, "t")
    assert (stored.name, stored.count, stored.version) == ("second", 0, 2)


def test_a_new_entity_whose_id_is_taken_conflicts(kept: Kept) -> None:
    kept.put((None, Thing(id="t")))
    with pytest.raises(Conflict):
        kept.put((None, Thing(id="t")))


def test_an_update_of_an_entity_that_is_gone_conflicts(kept: Kept) -> None:
    gone = Thing(id="t", version=3)
    with pytest.raises(Conflict):
        kept.put((gone, gone.model_copy(update={"name": "ghost"})))


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


def test_a_load_within_an_area_reads_nothing_elsewhere(kept: Kept) -> None:
    for thing, area in (("near", "110102009017"), ("street", "110102009"), ("far", "110102010001"), ("nowhere", "")):
        kept.put((None, Thing(id=thing, area=area)))
    every = ["near", "street", "far", "nowhere", "none"]
    assert kept.get_within(Thing, {"110102009": every}) == ["near", "street"]
    assert kept.get_within(Thing, {"": every}) == ["far", "near", "nowhere", "street"]
    assert kept.get_within(Thing, {"1101": ["far"], "110102009017": ["near", "street"]}) == ["far", "near"]


# ---- answers, values, sizes ------------------------------------------------------------------------------------


def test_an_answer_or_a_refusal_is_found_with_its_key(kept: Kept) -> None:
    answers = [Answer("command:1", "f1", b'{"ok": 1}'), Answer("command:2", "f2", b'{"error": {"code": "invalid"}}')]
    kept.put(keys=["command:1", "command:2", "event"], answers=answers)
    assert kept.reader.find_seen(["command:1", "command:2", "event", "new"]) == {
        "command:1": answers[0], "command:2": answers[1], "event": None,
    }  # fmt: skip


def test_instants_come_back_in_milliseconds_and_utc(kept: Kept) -> None:
    kept.put((None, Thing(id="t", at=NOW + timedelta(microseconds=456))))
    assert kept.get(Thing, "t").at == NOW


def test_an_integer_beyond_64_bits_is_not_committable(kept: Kept) -> None:
    with pytest.raises(NotCommittableError):
        kept.put((None, Thing(id="t", count=1 << 64)))


def test_a_document_beyond_16_mib_is_not_committable(kept: Kept) -> None:
    with pytest.raises(NotCommittableError):
        kept.put((None, Thing(id="t", name="x" * (16 * 1024 * 1024 + 1))))
    assert kept.get(Thing, "t") is None


# ---- timers ----------------------------------------------------------------------------------------------------


def timer(key: str, due: datetime, word: str = "") -> dict[str, TimerRow]:
    return {key: TimerRow(key, due, Due(word=word))}


def test_a_timer_of_the_same_key_replaces_the_earlier_one_and_a_forgotten_one_is_gone(kept: Kept) -> None:
    timers = Timers(kept.database)
    kept.put(timers=timer("k", NOW, "first"))
    kept.put(timers=timer("k", NOW + timedelta(seconds=5), "second"))
    assert timers.find_due(NOW, 10) == []
    (row,) = timers.find_due(NOW + timedelta(seconds=5), 10)
    assert (row["data"]["word"], row["attempts"]) == ("second", 0)
    kept.put(timers={"k": TimerRow("k")})
    assert timers.find_due(NOW + timedelta(days=1), 10) == []


def test_due_timers_come_the_most_overdue_first_and_no_more_than_asked(kept: Kept) -> None:
    for seconds in (3, 1, 2):
        kept.put(timers=timer(f"k{seconds}", NOW + timedelta(seconds=seconds)))
    found = Timers(kept.database).find_due(NOW + timedelta(seconds=9), 2)
    assert [row["_id"] for row in found] == ["k1", "k2"]


def test_a_timer_fires_once_and_may_set_itself_again(kept: Kept) -> None:
    kept.put(timers=timer("k", NOW))
    later = NOW + timedelta(hours=1)
    kept.put(fired=[TimerRow("k", NOW)], timers=timer("k", later))
    with pytest.raises(Conflict):
        kept.put((None, Thing(id="t")), fired=[TimerRow("k", NOW)])
    assert kept.get(Thing, "t") is None
    assert [row["due"] for row in Timers(kept.database).find_due(later, 10)] == [later]


def test_a_failed_timer_is_postponed_unless_it_was_set_again(kept: Kept) -> None:
    timers = Timers(kept.database)
    kept.put(timers=timer("k", NOW))
    (row,) = timers.find_due(NOW, 10)
    assert timers.postpone(row, NOW)
    (again,) = timers.find_due(NOW + timedelta(seconds=1), 10)
    assert (again["due"], again["attempts"]) == (NOW + timedelta(seconds=1), 1)
    assert timers.find_unchanged([row]) == set()
    timers.delete(row)
    assert kept.database[TIMERS].find_one({"_id": "k"}) is not None


# ---- the outbox ------------------------------------------------------------------------------------------------


class Broker:
    """Takes events, or refuses them all."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses = refuses
        self.sent: list[str] = []

    def send(self, messages: Any) -> None:
        self.sent += [message.properties["message_id"] for message in messages]

    def confirm(self) -> set[int]:
        return {0} if self.refuses else set()


def event_rows(*names: str) -> list[dict[str, Any]]:
    return [{"k": "test", "b": b"{}", "i": name, "t": "test", "c": ""} for name in names]


def test_a_confirmed_event_leaves_the_outbox_and_a_refused_one_stays(kept: Kept) -> None:
    for broker, left in ((Broker(), 0), (Broker(refuses=True), 1)):
        stored = transaction(outbox=event_rows("e1", "e2"))
        commit(kept.database, stored)
        outbox: Any = Outbox(kept.database)
        assert outbox.publish(broker, stored.outbox, stored.outbox_ids) is not broker.refuses
        assert broker.sent == ["e1", "e2"]
        assert len(outbox.find_unpublished(stored.outbox_ids)) == left


def test_a_sweep_publishes_old_rows_alone_and_oldest_first(kept: Kept) -> None:
    now = datetime.now(UTC)
    for name, age in (("old", 60), ("older", 90), ("new", 0)):
        commit(kept.database, transaction(outbox=event_rows(name), now=now - timedelta(seconds=age)))
    broker: Any = Broker()
    assert Outbox(kept.database).sweep(broker) == 2
    assert broker.sent == ["old", "older"], "in the order in which they were committed"
    assert [row["messages"][0]["i"] for row in kept.database[OUTBOX].find({})] == ["new"]


def test_a_swept_row_that_is_refused_stays_for_the_next_sweep(kept: Kept) -> None:
    commit(kept.database, transaction(outbox=event_rows("e"), now=datetime.now(UTC) - timedelta(minutes=1)))
    refusing, taking = Broker(refuses=True), Broker()
    outbox: Any = Outbox(kept.database)
    assert outbox.sweep(refusing) == 0
    assert outbox.sweep(taking) == 1
    assert taking.sent == ["e"]


# ---- queries ---------------------------------------------------------------------------------------------------


def staffing(number: int, **fields: Any) -> Staffing:
    return Staffing.model_validate(
        {
            "id": f"need_{number:03}", "area": "110102009017", "place": (116.3, 39.9), "tags": ("any",),
            "older_old": False, "headcount": 1, "starts_at": NOW, "ends_at": NOW + timedelta(hours=1), "score": 50,
            **fields,
        }
    )  # fmt: skip


def test_the_waiting_list_has_the_highest_score_first_and_its_limit(kept: Kept) -> None:
    rows = [staffing(n, score=n % 7, waiting_in="1101") for n in range(60)]
    rows += [staffing(99, score=100, waiting_in="3101")]
    kept.put(*((None, row) for row in rows))
    expected = sorted(rows[:60], key=lambda row: (-row.score, row.id))[: WaitingStaffings.limit]
    assert kept.find(WaitingStaffings("1101")) == [row.id for row in expected]


def test_overdue_staffings_come_the_longest_overdue_first(kept: Kept) -> None:
    rows = [staffing(n, watch_at=NOW + timedelta(minutes=n * 7 % 11)) for n in range(11)]
    kept.put(*((None, row) for row in rows))
    found = kept.find(OverdueStaffings(NOW + timedelta(minutes=5)))
    assert [(kept.get(Staffing, i).watch_at - NOW) / timedelta(minutes=1) for i in found] == [0, 1, 2, 3, 4, 5]
