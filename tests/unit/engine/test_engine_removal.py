"""An entity that a handler removes is gone for the rest of its batch, and from the store only as it was read."""

from dataclasses import dataclass

import pytest
from engine_boxes import Box

from shared.engine import TURN, Get, Handlers, Handling, Incoming
from shared.engine.decide.batch import decide
from shared.engine.decide.limits import Conflict
from shared.engine.decide.memory import START, MemoryEngine
from shared.engine.decide.unit_of_work import NotLoadedError


@dataclass
class Asked:
    """A message of the test."""

    box_id: str
    then: str = "remove"


def handle(message: Incoming[Asked]) -> Handling:
    asked = message.data
    yield [Get(Box, asked.box_id)]
    work = yield TURN
    box = work.get(Box, asked.box_id)
    if asked.then == "make":
        work.put(Box(id=asked.box_id))
    elif asked.then == "twice" and box is not None:
        work.remove(box)
        work.remove(box)
    elif box is not None:
        work.remove(box)
    return None if box is None else box.version


def together(engine: MemoryEngine, *asked: Asked) -> list[object]:
    batch = [(engine.incoming("command", one, "Asked", f"{n}-{one}"), handle) for n, one in enumerate(asked)]  # type: ignore[arg-type]
    decisions = decide(batch, engine.fetch, START)
    engine.keep(decisions)
    return [outcome.failure or outcome.answer for outcome in decisions.outcomes]


@pytest.fixture
def engine() -> MemoryEngine:
    engine = MemoryEngine(Handlers("boxes"))
    engine.entities[Box, "red"] = Box(id="red", version=3)
    return engine


def test_a_removed_entity_is_gone_for_later_messages_and_in_the_store(engine: MemoryEngine) -> None:
    assert together(engine, Asked("red"), Asked("red")) == [3, None]
    assert engine.all(Box) == []


def test_one_that_the_batch_has_made_itself_is_in_no_store(engine: MemoryEngine) -> None:
    assert together(engine, Asked("blue", "make"), Asked("blue")) == [None, 1]
    assert [box.id for box in engine.all(Box)] == ["red"]


def test_one_that_was_removed_may_be_made_again(engine: MemoryEngine) -> None:
    together(engine, Asked("red"))
    together(engine, Asked("red", "make"))
    assert engine.one(Box, "red").version == 1


def test_removing_twice_is_a_fault_of_the_handler(engine: MemoryEngine) -> None:
    (failure,) = together(engine, Asked("red", "twice"))
    assert isinstance(failure, NotLoadedError)
    assert engine.one(Box, "red").version == 3


def test_one_that_has_changed_since_it_was_read_is_not_deleted(engine: MemoryEngine) -> None:
    message = engine.incoming("command", Asked("red"), "Asked", "late")  # type: ignore[arg-type]
    decisions = decide([(message, handle)], engine.fetch, START)
    engine.entities[Box, "red"] = Box(id="red", version=4)
    with pytest.raises(Conflict):
        engine.keep(decisions)
    assert engine.one(Box, "red").version == 4
