"""`take_turn`: load with the batch, take the turn, load again entities that an earlier message has changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from shared.contracts import Command, Refused
from shared.contracts.access.permissions import Permission
from shared.contracts.messages import Scope
from shared.engine import TURN, Entity, Get, Handlers, Handling, Incoming, Load, Loading, Query, UnitOfWork, take_turn
from shared.engine.decide.batch import MAX_ROUNDS, Decisions, decide
from shared.engine.decide.memory import MemoryEngine
from shared.engine.decide.unit_of_work import IdentityMap

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Shelf(Entity):
    """Points to a tin."""

    collection: ClassVar[str] = "shelves"
    tin_id: str = "tin-0"


class Tin(Entity):
    """Points to the next tin, or to none."""

    collection: ClassVar[str] = "tins"
    next_id: str = ""
    opened: bool = False


@dataclass(frozen=True)
class Opened(Query[Tin]):
    """The tins that are open."""

    model: ClassVar[type[Entity]] = Tin

    @classmethod
    def fetch(cls, database: Any, queries: Sequence["Opened"]) -> list[list[dict[str, Any]]]:
        raise NotImplementedError

    def matches(self, entity: Tin) -> bool:
        return entity.opened


class Ask(Command):
    """Any command: the tests give its handler."""

    to: ClassVar[str] = "shelves"
    type: ClassVar[str] = "Ask"
    permission: ClassVar[Permission] = "areas:import"
    scope: ClassVar[Scope] = Scope()


class Store:
    """A store of shelves and tins that notes the loads of each round trip."""

    def __init__(self, *entities: Entity) -> None:
        self._entities = {(type(e), e.id): e for e in entities}
        self.asked: list[list[Load]] = []

    def fetch(self, identities: IdentityMap, loads: Iterable[Load]) -> None:
        asked = list(loads)
        self.asked.append(asked)
        for load in asked:
            if isinstance(load, Get):
                identities.remember(load.model, load.id, self._entities.get((load.model, load.id)))
            else:
                found = [e for e in self._entities.values() if isinstance(e, Tin) and load.matches(e)]
                for entity in found:
                    identities.remember(Tin, entity.id, entity)
                identities.found_ids[load] = tuple(e.id for e in found)


def run(store: Store, *handlers: Any) -> Decisions:
    """One batch with a message for each handler."""
    messages = [(Incoming("command", f"k{n}", f"k{n}", "Ask", Ask(), NOW, "c", ""), h) for n, h in enumerate(handlers)]
    return decide(messages, store.fetch, NOW)


def load_shelf_and_tin() -> Loading:
    """The tin can only be asked for once the shelf is known."""
    work = yield [Get(Shelf, "s")]
    shelf = work.get(Shelf, "s")
    if shelf is not None:
        yield [Get(Tin, shelf.tin_id)]


def read_tin(_: Incoming[Ask]) -> Handling:
    work = yield from take_turn(load_shelf_and_tin)
    shelf = work.require(Shelf, "s", "shelf_id")
    tin = work.get(Tin, shelf.tin_id)
    return shelf.tin_id, tin is not None


def move_shelf_to(tin_id: str) -> Any:
    def move(_: Incoming[Ask]) -> Handling:
        yield [Get(Shelf, "s")]
        work = yield TURN
        work.put(work.require(Shelf, "s", "shelf_id").model_copy(update={"tin_id": tin_id}))

    return move


def test_where_nothing_changed_the_turn_loads_nothing_again():
    store = Store(Shelf(id="s", version=1), Tin(id="tin-0", version=1))
    decisions = run(store, read_tin, read_tin, read_tin)
    assert [o.answer for o in decisions.outcomes] == [("tin-0", True)] * 3
    assert [len(loads) for loads in store.asked] == [3, 3], "one round trip for each step, for the whole batch"


def test_the_change_of_an_earlier_message_is_followed_by_loading_again():
    store = Store(Shelf(id="s", version=1), Tin(id="tin-0", version=1), Tin(id="tin-1", version=1))
    decisions = run(store, move_shelf_to("tin-1"), read_tin)
    assert decisions.outcomes[1].answer == ("tin-1", True)
    assert store.asked[-1] == [Get(Tin, "tin-1")], "only the tin that was not there yet"


def test_nothing_is_fetched_twice_however_many_messages_follow_the_change():
    store = Store(Shelf(id="s", version=1), Tin(id="tin-0", version=1), Tin(id="tin-1", version=1))
    decisions = run(store, move_shelf_to("tin-1"), read_tin, read_tin, read_tin)
    assert [o.answer for o in decisions.outcomes[1:]] == [("tin-1", True)] * 3
    assert [load for loads in store.asked[2:] for load in loads] == [Get(Tin, "tin-1")]


def test_an_earlier_message_that_failed_changes_nothing_for_the_later_ones():
    def move_and_fail(message: Incoming[Ask]) -> Handling:
        yield from move_shelf_to("tin-1")(message)
        raise RuntimeError("the shelf fell down")

    store = Store(Shelf(id="s", version=1), Tin(id="tin-0", version=1), Tin(id="tin-1", version=1))
    decisions = run(store, move_and_fail, read_tin)
    assert decisions.outcomes[1].answer == ("tin-0", True)
    assert len(store.asked) == 2


def test_what_an_earlier_message_created_is_found_without_asking_the_store():
    def create(_: Incoming[Ask]) -> Handling:
        yield [Get(Shelf, "s")]
        work = yield TURN
        work.put(Tin(id="tin-7"))
        work.put(work.require(Shelf, "s", "shelf_id").model_copy(update={"tin_id": "tin-7"}))

    store = Store(Shelf(id="s", version=1), Tin(id="tin-0", version=1))
    decisions = run(store, create, read_tin)
    assert decisions.outcomes[1].answer == ("tin-7", True)
    assert len(store.asked) == 2


def test_a_query_that_becomes_necessary_in_the_turn_is_loaded_there():
    def load() -> Loading:
        work = yield [Get(Shelf, "s")]
        if work.require(Shelf, "s", "shelf_id").tin_id == "any":
            yield [Opened()]

    def read_opened(_: Incoming[Ask]) -> Handling:
        work = yield from take_turn(load)
        return [tin.id for tin in work.find(Opened())]

    store = Store(Shelf(id="s", version=1), Tin(id="a", version=1, opened=True), Tin(id="b", version=1))
    decisions = run(store, move_shelf_to("any"), read_opened, read_opened)
    assert [o.answer for o in decisions.outcomes[1:]] == [["a"], ["a"]]
    assert store.asked[-1] == [Opened()]
    assert len(store.asked) == 2


def test_the_unit_of_work_is_writable_after_the_turn_and_not_before():
    writable: list[bool] = []

    def load() -> Loading:
        work = yield [Get(Shelf, "s")]
        writable.append(work.writable)

    def handle(_: Incoming[Ask]) -> Handling:
        work: UnitOfWork = yield from take_turn(load)
        writable.append(work.writable)

    run(Store(), handle)
    assert writable == [False, True, True]


@pytest.mark.parametrize("asks", [0, 1])
def test_a_part_that_loads_nothing_or_an_empty_list_takes_its_turn_all_the_same(asks: int):
    def load() -> Loading:
        for _ in range(asks):
            yield []

    def handle(_: Incoming[Ask]) -> Handling:
        work = yield from take_turn(load)
        work.put(Tin(id="t"))

    decisions = run(Store(), handle)
    assert [entity.id for _, _, entity in decisions.writes] == ["t"]


@pytest.mark.parametrize("when", ["together", "in its turn"])
def test_a_refusal_while_loading_is_the_messages_own(when: str):
    runs: list[int] = []

    def load() -> Loading:
        runs.append(1)
        yield [Get(Shelf, "s")]
        if len(runs) == (1 if when == "together" else 2):
            raise Refused("not_found", "no_shelf")

    def handle(_: Incoming[Ask]) -> Handling:
        work = yield from take_turn(load)
        work.put(Tin(id="t"))

    decisions = run(Store(Shelf(id="s", version=1), Tin(id="tin-0", version=1)), handle, read_tin)
    assert decisions.outcomes[0].refusal is not None
    assert decisions.outcomes[1].answer == ("tin-0", True)
    assert decisions.writes == []


class TestTheBoundOfRounds:
    """A handler follows a chain of tins, each of which it knows only from the one before."""

    def chain(self, length: int) -> Store:
        return Store(*(Tin(id=f"tin-{n}", version=1, next_id=f"tin-{n + 1}") for n in range(length)))

    def follow(self, steps: int) -> Loading:
        tin_id = "tin-0"
        for _ in range(steps):
            work = yield [Get(Tin, tin_id)]
            tin = work.get(Tin, tin_id)
            assert tin is not None
            tin_id = tin.next_id

    @pytest.mark.parametrize(("steps", "fails"), [(MAX_ROUNDS, False), (MAX_ROUNDS + 1, True)])
    def test_before_the_turn(self, steps: int, fails: bool):
        def handle(_: Incoming[Ask]) -> Handling:
            yield from take_turn(lambda: self.follow(steps))
            return "done"

        (outcome,) = run(self.chain(20), handle).outcomes
        assert (outcome.answer, bool(outcome.failure)) == (None if fails else "done", fails)

    @pytest.mark.parametrize(("steps", "fails"), [(MAX_ROUNDS, False), (MAX_ROUNDS + 1, True)])
    def test_in_the_turn(self, steps: int, fails: bool):
        def handle(_: Incoming[Ask]) -> Handling:
            yield TURN
            yield from self.follow(steps)
            return "done"

        store = self.chain(20)
        (outcome,) = run(store, handle).outcomes
        assert (outcome.answer, bool(outcome.failure)) == (None if fails else "done", fails)
        assert len(store.asked) == MAX_ROUNDS

    def test_loads_that_are_there_already_do_not_count(self):
        """Both runs of the loading part are of the greatest length, and the second asks for nothing."""

        def handle(_: Incoming[Ask]) -> Handling:
            yield from take_turn(lambda: self.follow(MAX_ROUNDS))
            return "done"

        store = self.chain(20)
        (outcome,) = run(store, handle).outcomes
        assert outcome.answer == "done"
        assert len(store.asked) == MAX_ROUNDS

    @pytest.mark.parametrize("turn_first", [False, True])
    def test_a_handler_that_is_stopped_is_closed(self, turn_first: bool):
        closed: list[bool] = []

        def handle(_: Incoming[Ask]) -> Handling:
            try:
                if turn_first:
                    yield TURN
                yield from self.follow(MAX_ROUNDS + 1)
            finally:
                closed.append(True)

        run(self.chain(20), handle)
        assert closed == [True]


def test_the_engine_in_memory_takes_turns_as_well():
    engine = MemoryEngine(Handlers("shelves", {Ask: read_tin}))
    engine.entities = {(Shelf, "s"): Shelf(id="s", version=1), (Tin, "tin-0"): Tin(id="tin-0", version=1)}
    assert engine.command(Ask()) == ("tin-0", True)
