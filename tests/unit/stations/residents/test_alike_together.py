"""Searches for the same people that are answered together: each finds the same as a plain search over all records."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from services.stations.residents import alike
from services.stations.residents.alike import AlikeResidents
from services.stations.residents.domain import ResidentRecord
from shared.contracts import Command
from shared.contracts.access.permissions import Permission
from shared.contracts.messages import Scope
from shared.engine import TURN, Get, Handling, Incoming
from shared.engine.decide.batch import decide
from shared.engine.decide.memory import START
from shared.engine.store.reader import Reader
from tests.city.mongo import Database
from tests.city.store import Memory

AREAS = ("", "110102", "110102009", "110102009017", "110102009018")
FEW = 2
"""Records of one kind that a search finds here."""
KINDS = (("i",), ("c",), ("n", "s"))
MARKS = st.frozensets(st.sampled_from([f"{kind}{nth}" for kind in "icns" for nth in "12"]), max_size=4)
IDS = st.sampled_from([f"resident_{nth}" for nth in range(9)])
PLACES = st.sampled_from(AREAS[-2:])
CHANGES = st.tuples(IDS, st.none() | MARKS, PLACES)
SEARCHES = st.tuples(MARKS, st.sampled_from(AREAS))
Records = Mapping[str, ResidentRecord]


class Ask(Command):
    """Any command: the test gives its handler."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "Ask"
    permission: ClassVar[Permission] = "areas:import"
    scope: ClassVar[Scope] = Scope()


def search(query: AlikeResidents) -> Any:
    def handle(_: Incoming[Ask]) -> Handling:
        yield [query]
        work = yield TURN
        return [one.id for one in work.find(query)]

    return handle


def change(one: str, marks: frozenset[str] | None, area: str) -> Any:
    """Store the record with the marks in the area; without marks, delete it."""

    def handle(_: Incoming[Ask]) -> Handling:
        yield [Get(ResidentRecord, one)]
        work = yield TURN
        known = work.get(ResidentRecord, one)
        if marks is not None:
            known = known or ResidentRecord(id=one, area=area, profile="")
            work.put(known.model_copy(update={"marks": tuple(sorted(marks)), "area": area}))
        elif known is not None:
            work.remove(known)

    return handle


def find_plainly(query: AlikeResidents, stored: Records, now: Records, changed: set[str]) -> list[str]:
    """Return the ids that the search finds: few of each kind in the store, and all that the batch has changed."""
    found = set(changed)
    for kinds in KINDS:
        marks = {mark for mark in query.marks if mark[0] in kinds}
        fits = (one.id for one in stored.values() if one.area.startswith(query.area) and marks & set(one.marks))
        found.update(sorted(fits)[:FEW])
    fitting = [now[one] for one in found if one in now and query.matches(now[one])]
    return [one.id for one in sorted(fitting, key=lambda one: (query.rank(one), one.id))[: len(KINDS) * FEW]]


@examples(80)
@given(st.dictionaries(IDS, st.tuples(MARKS, PLACES)), st.lists(st.one_of(CHANGES, SEARCHES), min_size=1, max_size=14))
def test_searches_of_one_batch_find_the_same_as_plain_ones(
    people: Mapping[str, tuple[frozenset[str], str]], steps: Sequence[Any]
) -> None:
    stored = {
        one: ResidentRecord(id=one, version=1, area=area, profile="", marks=tuple(sorted(marks)))
        for one, (marks, area) in people.items()
    }
    store: Any = Database(Memory("stations"))
    for record in stored.values():
        store[ResidentRecord.collection].insert_one(record.to_document())
    now, changed, handlers, expected = dict(stored), set[str](), list[Any](), list[list[str] | None]()
    for step in steps:
        if len(step) == 2:
            query = AlikeResidents.by(sorted(step[0]), step[1])
            handlers.append(search(query))
            expected.append(find_plainly(query, stored, now, changed))
            continue
        one, marks, area = step
        handlers.append(change(one, marks, area))
        expected.append(None)
        changed.add(one)
        if marks is None:
            now.pop(one, None)
        else:
            now[one] = ResidentRecord(id=one, area=area, profile="", marks=tuple(sorted(marks)))
    batch = [(Incoming("command", f"k{n}", f"k{n}", "Ask", Ask(), START, "c", ""), h) for n, h in enumerate(handlers)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alike, "MOST_ALIKE", FEW)
        patch.setattr(AlikeResidents, "limit", FEW * len(KINDS))
        outcomes = decide(batch, Reader(store).fetch, START).outcomes
    assert [one.failure for one in outcomes] == [None] * len(outcomes)
    assert [one.answer for one in outcomes] == expected
