"""A batch: messages that are loaded together and decided one after another, as if each had come alone."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from engine_boxes import Box, BoxFilled, BoxRemembered, Fill, FillFullest, Remember, batch, build
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts import Command, Refused
from shared.engine import TURN, Get, Handlers, Handling, Incoming, Load
from shared.engine.decide.batch import MAX_ROUNDS, decide
from shared.engine.decide.incoming import Realm
from shared.engine.decide.memory import START, MemoryEngine
from shared.engine.decide.unit_of_work import IdentityMap, NotLoadedError

_MINUTE = timedelta(minutes=1)


@pytest.fixture
def engine() -> MemoryEngine:
    return MemoryEngine(build())


def test_a_later_message_sees_what_an_earlier_one_of_its_batch_wrote(engine: MemoryEngine):
    outcomes = batch(engine, Fill(box_id="red", amount=2), Fill(box_id="red", amount=3))
    assert [o.answer["amount"] for o in outcomes] == [2, 5]
    assert engine.one(Box, "red") == Box(id="red", version=2, amount=5)


@pytest.mark.parametrize("then", ["refused", "failed"])
def test_a_bad_message_leaves_no_trace_and_holds_nobody(engine: MemoryEngine, then: str):
    outcomes = batch(
        engine,
        Fill(box_id="red", amount=1),
        Fill(box_id="red", amount=50, then=then),
        Fill(box_id="blue", amount=70, then=then),
        Fill(box_id="red", amount=2),
    )
    assert [o.answer and o.answer["amount"] for o in outcomes] == [1, None, None, 3]
    assert [bool(o.refusal) for o in outcomes] == [False, then == "refused", then == "refused", False]
    assert [bool(o.failure) for o in outcomes] == [False, then == "failed", then == "failed", False]
    assert engine.all(Box) == [Box(id="red", version=2, amount=3)]
    assert [e.data.amount for e in engine.events] == [1, 3]
    assert set(engine.timers) == {"red"}


def test_a_query_finds_what_earlier_messages_of_the_batch_wrote(engine: MemoryEngine):
    batch(engine, Fill(box_id="red", amount=5), Fill(box_id="blue", amount=4))
    outcomes = batch(
        engine,
        FillFullest(),
        Fill(box_id="blue", amount=9),
        FillFullest(),
        Fill(box_id="green", amount=99),
        FillFullest(),
    )
    found = [o.answer["found"] for o in outcomes if o.answer and "found" in o.answer]
    assert found == [
        [("red", 5), ("blue", 4)],
        [("blue", 13), ("red", 6)],
        [("green", 99), ("blue", 14)],
    ]


def test_a_query_does_not_find_what_an_earlier_message_has_made_unfit(engine: MemoryEngine):
    batch(engine, Fill(box_id="red", amount=5))
    outcomes = batch(engine, Fill(box_id="red", amount=-5), Fill(box_id="blue", amount=1), FillFullest())
    assert outcomes[2].answer["found"] == [("blue", 1)]


def test_ids_are_the_same_when_the_same_message_is_handled_again():
    answers = [MemoryEngine(build()).command(Fill(box_id="red"), key="k")["id"] for _ in range(2)]
    other = MemoryEngine(build()).command(Fill(box_id="red"), key="another")["id"]
    assert answers[0] == answers[1] != other
    assert answers[0].startswith("fill_")


def test_the_versions_of_an_entity_and_its_events_have_no_gap(engine: MemoryEngine):
    for _ in range(3):
        batch(engine, *(Fill(box_id="red") for _ in range(4)))
    assert engine.one(Box, "red").version == 12
    assert [e.version for e in engine.events] == list(range(1, 13))
    assert len({e.key for e in engine.events}) == 12


def test_the_same_message_twice_in_a_batch_counts_once(engine: MemoryEngine):
    message = engine.incoming("command", Fill(box_id="red"), "Fill", "same")
    engine.batch([message, message])
    engine.batch([message])
    assert engine.one(Box, "red").amount == 1


def test_an_event_names_its_cause_and_correlation(engine: MemoryEngine):
    engine.command(Fill(box_id="red"), key="the-command")
    (event,) = engine.events
    assert (event.causationid, event.correlationid) == ("the-command", "the-command")
    assert (event.subject, event.source, event.sequence) == ("red", "/boxes/box", "0000000001")


class TestTimers:
    def test_a_reminder_fires_when_it_is_due_and_only_once(self, engine: MemoryEngine):
        engine.command(Remember(box_id="red", minutes=5))
        engine.advance(4 * _MINUTE)
        assert engine.all(Box) == []
        engine.advance(60 * _MINUTE)
        assert engine.one(Box, "red").amount == 1000

    def test_the_same_key_again_replaces_the_reminder(self, engine: MemoryEngine):
        batch(engine, Remember(box_id="red", minutes=5), Remember(box_id="red", minutes=50))
        engine.advance(10 * _MINUTE)
        assert engine.all(Box) == []

    def test_a_forgotten_reminder_does_not_fire(self, engine: MemoryEngine):
        batch(engine, Remember(box_id="red", minutes=5), Remember(box_id="red"))
        engine.advance(10 * _MINUTE)
        assert engine.all(Box) == []


class TestAHandlerThatBreaksTheRules:
    def test_putting_what_has_changed_since_is_refused(self):
        def stale(_: Incoming[Any]) -> Handling:
            early = yield [Get(Box, "red")]
            box = early.get(Box, "red")
            work = yield TURN
            work.put(box)  # type: ignore[arg-type]  # red is stored

        failure = _alone(stale, before=[_filling("red")])
        assert isinstance(failure, NotLoadedError)
        assert "version 1 is put, 2 is current" in str(failure)

    def test_reading_what_was_not_asked_for_is_refused(self):
        def greedy(_: Incoming[Any]) -> Handling:
            work = yield TURN
            work.get(Box, "red")

        assert isinstance(_alone(greedy), NotLoadedError)

    @pytest.mark.parametrize("what", ["put", "emit", "remind", "forget"])
    def test_writing_before_its_turn_is_refused(self, what: str):
        def hasty(_: Incoming[Any]) -> Handling:
            work = yield [Get(Box, "red")]
            if what == "put":
                work.put(Box(id="red"))
            elif what == "emit":
                work.emit_about(None, subject="red", version=1, area="")  # type: ignore[arg-type]
            elif what == "remind":
                work.remind("red", START, None)  # type: ignore[arg-type]
            else:
                work.forget("red")
            yield TURN

        assert isinstance(_alone(hasty), AssertionError)

    def test_asking_without_end_is_stopped(self):
        def curious(_: Incoming[Any]) -> Handling:
            for n in range(MAX_ROUNDS * 3):
                yield [Get(Box, str(n))]
            yield TURN

        assert "more than 8 times" in str(_alone(curious))

    def test_asking_without_end_in_its_turn_is_stopped(self):
        def curious(_: Incoming[Any]) -> Handling:
            yield TURN
            for n in range(MAX_ROUNDS * 3):
                yield [Get(Box, str(n))]

        assert "more than 8 times" in str(_alone(curious))

    def test_it_leaves_no_trace_in_the_others(self):
        def broken(_: Incoming[Any]) -> Handling:
            raise ZeroDivisionError
            yield TURN

        handler = build().find("command", "Fill")
        assert handler is not None
        decided = decide([(_message("a"), broken), (_message("b"), handler)], _fetch_nothing, START)
        assert isinstance(decided.outcomes[0].failure, ZeroDivisionError)
        assert [entity for _, _, entity in decided.writes] == [Box(id="red", version=1, amount=1)]


@pytest.mark.parametrize("realm", ["event", "timer"])
def test_a_refusal_without_a_caller_is_a_failure_that_somebody_sees(realm: Realm):
    def refuse(_: Incoming[Any]) -> Handling:
        yield TURN
        raise Refused("wrong_state", "closed_box", box="red")

    data: Any = BoxFilled(box_id="red", amount=1) if realm == "event" else BoxRemembered(box_id="red")
    refusing = MemoryEngine(Handlers("boxes", {type(data): refuse}))
    message = refusing.incoming(realm, data, data.type, "once")
    (outcome,) = refusing.batch([message])
    assert outcome.refusal is None
    assert str(outcome.failure) == "refused without a caller: wrong_state, closed_box"
    assert "once" not in refusing.seen  # so that it is tried again


def test_all_loads_of_a_batch_are_answered_together():
    asked: list[list[Load]] = []

    def fetch(identities: IdentityMap, loads: Iterable[Load]) -> None:
        asked.append(list(loads))
        _fetch_nothing(identities, asked[-1])

    handler = build().find("command", "Fill")
    assert handler is not None
    decide([(_message(str(n), Fill(box_id=f"box-{n}")), handler) for n in range(50)], fetch, START)
    assert [len(loads) for loads in asked] == [50]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 9), st.sampled_from(["", "refused", "failed"]))),
    st.data(),
)
def test_batches_of_any_size_end_as_one_message_at_a_time_does(fills: list[tuple[str, int, str]], data: st.DataObject):
    messages = [Fill(box_id=box, amount=amount, then=then) for box, amount, then in fills]
    alone, together = MemoryEngine(build()), MemoryEngine(build())
    for message in messages:
        batch(alone, message)
    while messages:
        size = data.draw(st.integers(1, len(messages)))
        batch(together, *messages[:size])
        messages = messages[size:]
    assert alone.entities == together.entities
    assert [e.data for e in alone.events] == [e.data for e in together.events]


def test_a_service_answers_a_message_in_one_place_only():
    handlers = build()
    with pytest.raises(ValueError, match="two handlers for Fill"):
        handlers.add(Fill, lambda _: iter(()))  # type: ignore[arg-type,return-value]


def test_an_unknown_entity_is_refused_with_the_field_that_named_it():
    def strict(_: Incoming[Any]) -> Handling:
        yield [Get(Box, "red")]
        work = yield TURN
        work.require(Box, "red", "box_id")

    with pytest.raises(Refused) as refused:
        MemoryEngine(Handlers("boxes", {Fill: strict})).command(Fill(box_id="red"))
    assert (refused.value.code, refused.value.field, refused.value.rule) == ("not_found", "box_id", "unknown_id")


# ---- support --------------------------------------------------------------------------------------------------


def _message(key: str, data: Command | None = None) -> Incoming[Any]:
    data = data or Fill(box_id="red")
    return Incoming("command", key, key, data.type, data, START, key, "")


def _filling(box_id: str) -> tuple[Incoming[Any], Any]:
    return _message("before", Fill(box_id=box_id)), build().find("command", "Fill")


def _alone(handler: Any, before: Iterable[Any] = ()) -> Exception | None:
    decided = decide([*before, (_message("it"), handler)], _fetch_red, START)
    return decided.outcomes[-1].failure


def _fetch_nothing(identities: IdentityMap, loads: Iterable[Load]) -> None:
    for load in loads:
        if isinstance(load, Get):
            identities.remember(load.model, load.id, None)


def _fetch_red(identities: IdentityMap, loads: Iterable[Load]) -> None:
    for load in loads:
        if isinstance(load, Get):
            identities.remember(load.model, load.id, Box(id=load.id, version=1))
