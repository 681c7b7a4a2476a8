"""A batch that conflicts with another replica: tried again after growing pauses, halved, at last kept for later."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from amqp_stranger import linked
from boxes import INDEXES, SERVICE, Box, BoxDue, build
from pymongo.errors import OperationFailure

from shared.contracts.charity.linking import ResourcesLinked
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.event_log import OFFSET
from shared.engine.decide.fence import LeaseLostError
from shared.engine.decide.handlers import TURN, Handlers, Handling
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.loads import Get
from shared.engine.run import processor as processor_module
from shared.engine.run.batch import CONFLICT_PAUSE_SECONDS, CONFLICT_TRIES, SPLIT_AFTER
from shared.engine.run.intake import DOUBTED
from shared.engine.run.service import ServiceSpec
from shared.engine.store.collections import INDEXES as OWN
from shared.engine.store.commit import Transaction, commit
from shared.engine.store.errors import Conflict, NotCommittableError, StoreUnreachableError, Unsettled
from shared.engine.store.outbox import to_outgoing, to_rows
from shared.engine.store.timers import AHEAD
from tests.city.mongo import Database
from tests.city.process import NOTHING, Nothing, SkewedClock, build_processor
from tests.city.store import Memory

NOW = datetime(2026, 5, 4, tzinfo=UTC)


class Contested:
    """A processor whose commits meet another replica's as long as `meets` returns a conflict for their messages."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, handlers: Handlers | None = None) -> None:
        self.database = Database(Memory("test", {**OWN, **INDEXES}))
        self.database.memory.now = lambda: NOW
        self.meets: Callable[[int], Conflict | None] = lambda _: None
        self.log: list[str] = []
        """Each try with the number of its messages, each pause, and each wait for the majority."""
        self.pauses: list[float] = []
        monkeypatch.setattr(processor_module, "commit", self._commit)
        monkeypatch.setattr(processor_module, "settle", lambda _: self.log.append("settle"))
        monkeypatch.setattr(processor_module, "random", lambda: 1.0)
        spec = ServiceSpec(SERVICE, handlers or build(), INDEXES)
        self.processor = build_processor(spec, self.database, SkewedClock(lambda: NOW, NOW.timestamp, 0.0), self._pause)
        self.processor.publisher = NOTHING  # type: ignore[assignment]
        self.processor.outbox = NOTHING  # type: ignore[assignment]

    def _commit(self, database: Any, transaction: Transaction) -> None:
        self.log.append(f"try {len(transaction.keys)}")
        if (conflict := self.meets(len(transaction.keys))) is not None:
            raise conflict
        commit(database, transaction)

    def _pause(self, seconds: float) -> None:
        self.log.append("pause")
        self.pauses.append(seconds)

    def process(self, *boxes: str, hours_ago: int = 0, headers: dict[str, Any] | None = None) -> list[str]:
        """Process an event about each box, of which the first happened that long ago and the others now."""
        times = [NOW - timedelta(hours=hours_ago), *(NOW for _ in boxes)]
        events = [linked(box).model_copy(update={"time": time}) for box, time in zip(boxes, times, strict=False)]
        made = [to_outgoing(row) for row in to_rows(events)]
        given = {"application_headers": headers or {}}
        queue = f"{SERVICE}.events"
        came = [
            Delivery(queue, n, o.body, {**o.properties, **given}, o.routing_key, redelivered=False)
            for n, o in enumerate(made)
        ]
        self.processor.process(came, [])
        return self.log

    def stored(self, collection: str) -> dict[str, Any]:
        return self.database.memory.collection(collection).by_id


@pytest.fixture
def contested(monkeypatch: pytest.MonkeyPatch) -> Contested:
    return Contested(monkeypatch)


def test_a_batch_is_tried_again_as_a_whole_and_then_in_halves(contested: Contested) -> None:
    contested.meets = lambda number: Conflict("another was first") if number == 4 else None
    log = contested.process("a", "b", "c", "d")
    assert [entry for entry in log if entry.startswith("try")] == ["try 4"] * (SPLIT_AFTER + 1) + ["try 2"] * 2
    assert set(contested.stored("boxes")) == {"a", "b", "c", "d"}


def test_the_pauses_grow_so_that_two_replicas_do_not_meet_again(contested: Contested) -> None:
    contested.meets = lambda _: Conflict("another was first") if len(contested.pauses) < 3 else None
    contested.process("a")
    assert contested.pauses == [CONFLICT_PAUSE_SECONDS * n for n in (1, 2, 3)]


def test_a_conflict_that_stays_is_waited_for_until_the_majority_shows_it(contested: Contested) -> None:
    contested.meets = lambda _: Conflict("another was first") if len(contested.pauses) < SPLIT_AFTER else None
    assert contested.process("a") == ["try 1", "pause"] * (SPLIT_AFTER - 1) + ["try 1", "settle", "pause", "try 1"]


def test_a_commit_that_readers_do_not_see_yet_is_waited_for_at_once(contested: Contested) -> None:
    contested.meets = lambda _: None if contested.pauses else Unsettled("a key that majority reads do not show")
    assert contested.process("a") == ["try 1", "settle", "pause", "try 1"]
    assert set(contested.stored("boxes")) == {"a"}


def test_a_message_that_conflicts_alone_without_end_is_kept_for_another_try(contested: Contested) -> None:
    contested.meets = lambda _: Conflict("another was first")
    tries = [entry for entry in contested.process("a") if entry.startswith("try")]
    assert len(tries) == CONFLICT_TRIES
    (letter,) = contested.stored("letters").values()
    assert ("due" in letter, contested.stored("boxes")) == (True, {})


class Answered(Contested):
    """A processor that notes how many keys it looks for in the inbox, and counts its conflicts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, handlers: Handlers | None = None) -> None:
        super().__init__(monkeypatch, handlers)
        self.reader: Any = self.processor._reader
        self.looked_up: list[int] = []
        find_seen = self.reader.find_seen
        monkeypatch.setattr(self.reader, "find_seen", lambda keys: self.looked_up.append(len(keys)) or find_seen(keys))
        self.conflicts = 0
        monkeypatch.setattr(self.processor.metrics, "conflicts", SimpleNamespace(inc=self._count))

    def _count(self) -> None:
        self.conflicts += 1

    def filled(self) -> dict[str, int]:
        return {box["_id"]: box["amount"] for box in self.stored("boxes").values()}


def fill_once(message: Incoming[ResourcesLinked]) -> Handling:
    """Fill a box, and fail where it is full."""
    yield [Get(Box, message.data.need_id)]
    work = yield TURN
    if work.get(Box, message.data.need_id) is not None:
        raise RuntimeError("it was filled before")
    work.put(Box(id=message.data.need_id, amount=1))


def test_an_event_that_comes_for_the_first_time_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = Answered(monkeypatch)
    answered.process("a", "b")
    assert answered.looked_up == [0]


def test_an_event_of_the_log_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = Answered(monkeypatch)
    answered.process("a")
    answered.log.clear()
    assert answered.process("a", "b", headers={OFFSET: 7}) == ["try 1"]
    assert answered.looked_up == [0, 2]


def test_an_event_that_nothing_marks_as_repeated_has_its_effect_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = Answered(monkeypatch)
    answered.process("a")
    answered.log.clear()
    assert answered.process("a", "b") == ["try 2", "settle", "pause", "try 1"]
    assert answered.filled() == {"a": 1, "b": 1}
    assert answered.conflicts == 0, "no other replica got in the way"


def test_after_a_repeated_one_all_are_looked_up_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = Answered(monkeypatch)
    answered.process("a")
    answered.process("a")
    answered.looked_up.clear()
    for nth in range(DOUBTED):
        answered.process(f"b{nth}")
    assert answered.looked_up[-2:] == [1, 0], "and none once no conflict came for so long"
    assert answered.looked_up.count(1) == DOUBTED - 1, "one look was the second try of the repeated event"


def test_a_repeated_event_that_fails_for_its_own_effect_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = Answered(monkeypatch, Handlers(SERVICE, {ResourcesLinked: fill_once}))
    answered.process("a")
    answered.looked_up.clear()
    answered.process("a", "b")
    assert answered.filled() == {"a": 1, "b": 1}
    assert not answered.stored("letters")
    assert answered.looked_up == [0, 1], "the failed ones together"


def test_repeated_events_are_dropped_before_a_batch_that_cannot_be_committed_is_halved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered = Answered(monkeypatch)
    answered.process(*"abcd")
    answered.log.clear()
    answered.meets = lambda number: NotCommittableError("too large together") if number == 5 else None
    assert answered.process(*"abcde") == ["try 5", "try 1"]


@pytest.mark.parametrize("code", [50, 424242], ids=["listed", "unlisted"])
def test_a_repeated_event_that_meets_the_trouble_of_the_store_holds_no_other_up(
    monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    answered = Answered(monkeypatch)
    answered.process("a")
    fetch = answered.reader.fetch

    def fetch_slowly(identities: Any, loads: Any) -> None:
        fetch(identities, loads)
        if identities.entities.get((Box, "a")) is not None:
            raise OperationFailure("time limit exceeded", code)

    monkeypatch.setattr(answered.reader, "fetch", fetch_slowly)
    with pytest.raises(StoreUnreachableError):
        answered.process("a", "b")
    answered.process("a", "b")
    assert answered.filled() == {"a": 1, "b": 1}


def test_a_timer_that_a_message_sets_is_taken_at_its_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    soon = NOW + AHEAD / 3

    def remind(message: Incoming[ResourcesLinked]) -> Handling:
        work = yield TURN
        work.remind(message.data.need_id, soon, BoxDue(box_id=message.data.need_id))

    contested = Contested(monkeypatch, Handlers(SERVICE, {ResourcesLinked: remind}))
    timers: Any = contested.processor.timers
    assert timers.take_due(NOW) == []
    contested.process("a")
    assert [row["_id"] for row in timers.take_due(soon)] == ["a"]


def test_a_handler_that_has_lost_the_lease_gives_the_batch_back_and_fails_no_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lose(_: Incoming[ResourcesLinked]) -> Handling:
        raise LeaseLostError("another consumes")
        yield  # a handler is a generator

    contested = Contested(monkeypatch, Handlers(SERVICE, {ResourcesLinked: lose}))
    with pytest.raises(LeaseLostError):
        contested.process("a")
    assert (contested.log, contested.stored("letters")) == ([], {})


def test_messages_that_fail_beside_others_are_tried_again_alone_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []

    def fail_at_first(message: Incoming[ResourcesLinked]) -> Handling:
        box = message.data.need_id
        begun.append(box)
        yield []
        work = yield TURN
        if box.startswith("x") and begun.count(box) == 1:
            raise RuntimeError("the box fell down")
        work.put(Box(id=box, amount=1))

    contested = Contested(monkeypatch, Handlers(SERVICE, {ResourcesLinked: fail_at_first}))
    assert contested.process("a", "x1", "b", "x2") == ["try 2", "try 1", "try 1"]
    assert begun == ["a", "x1", "b", "x2", "x1", "x2"]
    assert set(contested.stored("boxes")) == {"a", "b", "x1", "x2"}
    assert contested.process("c", "x3")[3:] == ["try 1", "try 1"], "a single one, too: those beside it may be to blame"
    assert contested.stored("letters") == {}


def test_the_inbox_keeps_when_the_oldest_event_of_a_batch_happened_for_a_restore(contested: Contested) -> None:
    contested.process("a", "b", hours_ago=3)
    (row,) = contested.stored("inbox").values()
    assert (len(row["keys"]), row["since"], row["at"]) == (2, NOW - timedelta(hours=3), NOW)


def test_the_time_of_loading_is_measured_for_each_batch_apart(contested: Contested) -> None:
    loads: list[float] = []
    contested.processor.metrics = Nothing()  # type: ignore[assignment]
    contested.processor.metrics.load = SimpleNamespace(observe=loads.append)  # type: ignore[assignment]
    contested.processor._reader.seconds = 60.0
    contested.process("a")
    contested.process("b")
    assert (len(loads), loads[0] >= 60.0, loads[1] < 60.0) == (2, True, True)
