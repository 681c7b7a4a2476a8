"""Queries with keys: within a batch they compare the changes that have one of their keys, and find all that fit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from shared.contracts import Command
from shared.contracts.access.permissions import Permission
from shared.contracts.messages import Scope
from shared.engine import TURN, Entity, Get, Handling, Incoming, Load, Query
from shared.engine.decide.batch import Decisions, decide
from shared.engine.decide.unit_of_work import IdentityMap

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Tin(Entity):
    """Points to the next tin."""

    collection: ClassVar[str] = "tins"
    next_id: str = ""


class Ask(Command):
    """Any command: the tests give its handler."""

    to: ClassVar[str] = "shelves"
    type: ClassVar[str] = "Ask"
    permission: ClassVar[Permission] = "areas:import"
    scope: ClassVar[Scope] = Scope()


def run(tins: Sequence[Tin], *handlers: Any) -> Decisions:
    """One batch with a message for each handler, over a store of these tins."""
    stored = {tin.id: tin for tin in tins}

    def fetch(identities: IdentityMap, loads: Iterable[Load]) -> None:
        for load in loads:
            if isinstance(load, Get):
                identities.remember(load.model, load.id, stored.get(load.id))
                continue
            found = [tin for tin in tins if tin.next_id in (load.search_keys or ())]
            for tin in found:
                identities.remember(Tin, tin.id, tin)
            identities.found_ids[load] = tuple(tin.id for tin in found)

    messages = [(Incoming("command", f"k{n}", f"k{n}", "Ask", Ask(), NOW, "c", ""), h) for n, h in enumerate(handlers)]
    return decide(messages, fetch, NOW)


@dataclass(frozen=True)
class LeadingTo(Query[Tin]):
    """The tins that lead to one tin, with keys; it counts the entities compared."""

    model: ClassVar[type[Entity]] = Tin
    compared: ClassVar[list[str]] = []
    next_id: str

    @classmethod
    def fetch(cls, database: Any, queries: Sequence["LeadingTo"]) -> list[list[dict[str, Any]]]:
        raise NotImplementedError

    @property
    def search_keys(self) -> frozenset[str]:
        return frozenset({self.next_id})

    @classmethod
    def search_keys_of(cls, entity: Tin) -> tuple[str, ...]:
        return (entity.next_id,)

    def matches(self, entity: Tin) -> bool:
        self.compared.append(entity.id)
        return entity.next_id == self.next_id


def lead(tin_id: str, next_id: str) -> Any:
    def handle(_: Incoming[Ask]) -> Handling:
        yield [Get(Tin, tin_id)]
        work = yield TURN
        work.put((work.get(Tin, tin_id) or Tin(id=tin_id)).model_copy(update={"next_id": next_id}))

    return handle


def find_leading(next_id: str) -> Any:
    def handle(_: Incoming[Ask]) -> Handling:
        yield [LeadingTo(next_id)]
        work = yield TURN
        return [tin.id for tin in work.find(LeadingTo(next_id))]

    return handle


def test_a_query_with_keys_shows_the_changes_of_earlier_messages_as_one_without_does() -> None:
    stored = [Tin(id="a", version=1, next_id="z"), Tin(id="b", version=1, next_id="y")]
    decisions = run(
        stored, find_leading("z"), lead("b", "z"), find_leading("z"), lead("c", "z"), lead("a", "y"),
        find_leading("z"), find_leading("y"), lead("b", "x"), lead("b", "z"), find_leading("z"),
    )  # fmt: skip
    answers = [decisions.outcomes[nth].answer for nth in (0, 2, 5, 6, 9)]
    assert answers == [["a"], ["a", "b"], ["b", "c"], ["a"], ["b", "c"]]


def test_a_query_with_keys_compares_only_the_changes_that_have_one_of_them() -> None:
    LeadingTo.compared.clear()
    changes = [lead(f"tin-{nth}", f"to-{nth}") for nth in range(50)]
    decisions = run([], *changes, *(find_leading(f"to-{nth}") for nth in range(50)))
    assert [outcome.answer for outcome in decisions.outcomes[50:]] == [[f"tin-{nth}"] for nth in range(50)]
    assert len(LeadingTo.compared) == 50
