"""The reads of a batch: each entity and each query once, by as few questions as possible."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from engine_boxes import Box

from shared.engine import Entity, Get, Query
from shared.engine.decide.schema import Document, Schema, Step
from shared.engine.decide.unit_of_work import IdentityMap
from shared.engine.store.commit import Answer
from shared.engine.store.reader import Reader
from tests.city.mongo import Database
from tests.city.store import Memory


class Lid(Entity):
    collection: ClassVar[str] = "lids"
    stored_as: ClassVar[Schema] = Schema((Step("lids have sizes"),))
    area: str = ""


@dataclass(frozen=True)
class AtLeast(Query[Box]):
    """Boxes of at least so much."""

    model: ClassVar[type[Entity]] = Box
    asked: ClassVar[list[tuple[int, ...]]] = []

    amount: int

    @classmethod
    def fetch(cls, database: Any, queries: Sequence["AtLeast"]) -> list[list[Document]]:
        cls.asked.append(tuple(query.amount for query in queries))
        rows = list(database["boxes"].find({}).sort("amount", -1))
        return [[row for row in rows if row["amount"] >= query.amount] for query in queries]

    def matches(self, entity: Box) -> bool:
        return entity.amount >= self.amount


class Shelf:
    """A store of boxes and lids that notes each question."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.database: Any = Database(Memory("boxes"), io=self.calls.append)
        AtLeast.asked.clear()
        for name, amount in (("red", 3), ("blue", 5), ("green", 1)):
            self.database["boxes"].insert_one({"_id": name, "version": 1, "amount": amount})
        self.calls.clear()

    def read(self, *loads: Any, known: IdentityMap | None = None, **names: str) -> IdentityMap:
        known = IdentityMap() if known is None else known
        Reader(self.database, names).fetch(known, loads)
        return known


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def test_all_entities_of_one_kind_come_by_one_question(shelf: Shelf) -> None:
    known = shelf.read(Get(Box, "red"), Get(Box, "blue"), Get(Box, "red"))
    assert shelf.calls == ["find"]
    assert {key[1]: entity.amount for key, entity in known.entities.items() if isinstance(entity, Box)} == {
        "red": 3, "blue": 5
    }  # fmt: skip
    assert known.originals == known.entities


def test_what_is_not_there_is_known_to_be_missing_and_not_asked_for_again(shelf: Shelf) -> None:
    known = shelf.read(Get(Box, "gone"))
    assert known.entities == {(Box, "gone"): None}
    shelf.read(Get(Box, "gone"), Get(Box, "gone"), known=known)
    assert shelf.calls == ["find"]


def test_an_entity_that_a_message_of_the_batch_has_changed_is_not_read_over(shelf: Shelf) -> None:
    known = shelf.read(Get(Box, "red"))
    changed = Box(id="red", version=2, amount=9)
    known.entities[Box, "red"] = changed
    shelf.read(Get(Box, "red"), AtLeast(1), known=known)
    assert known.entities[Box, "red"] is changed


def test_a_query_is_asked_once_a_batch_together_with_the_others_of_its_kind(shelf: Shelf) -> None:
    known = shelf.read(AtLeast(2), AtLeast(4), AtLeast(2), Get(Box, "green"))
    assert AtLeast.asked == [(2, 4)]
    assert known.found_ids == {AtLeast(2): ("blue", "red"), AtLeast(4): ("blue",)}
    assert {key[1] for key in known.entities} == {"red", "blue", "green"}
    shelf.read(AtLeast(4), AtLeast(9), known=known)
    assert AtLeast.asked == [(2, 4), (9,)]
    assert known.found_ids[AtLeast(9)] == ()


def test_a_load_within_an_area_finds_nothing_outside_and_does_not_say_that_there_is_nothing(shelf: Shelf) -> None:
    for name, area in (("near", "110102009"), ("far", "3101")):
        shelf.database["lids"].insert_one({"_id": name, "version": 1, "area": area})
    known = shelf.read(Get(Lid, "near", "1101"), Get(Lid, "far", "1101"))
    assert set(known.entities) == {(Lid, "near")}, "others of the batch may reach it"
    shelf.read(Get(Lid, "far", ""), known=known)
    assert (Lid, "far") in known.entities


def test_loads_of_several_areas_are_one_question(shelf: Shelf) -> None:
    for name, area in (("a", "1101"), ("b", "3101"), ("c", "3101")):
        shelf.database["lids"].insert_one({"_id": name, "version": 1, "area": area})
    shelf.calls.clear()
    known = shelf.read(Get(Lid, "a", "11"), Get(Lid, "b", "31"), Get(Lid, "c", "11"))
    assert shelf.calls == ["find"]
    assert {key[1] for key in known.entities} == {"a", "b"}


def test_a_document_of_another_form_is_noted_so_that_it_is_replaced_as_a_whole(shelf: Shelf) -> None:
    shelf.database["lids"].insert_one({"_id": "old", "version": 1})
    shelf.database["lids"].insert_one({"_id": "new", "version": 1, "schema": 2})
    assert shelf.read(Get(Lid, "old"), Get(Lid, "new")).other_form == {(Lid, "old")}


def test_a_collection_that_is_stored_under_another_name_is_read_there(shelf: Shelf) -> None:
    shelf.database["boxes_2"].insert_one({"_id": "red", "version": 7, "amount": 70})
    known = shelf.read(Get(Box, "red"), boxes="boxes_2")
    assert known.entities == {(Box, "red"): Box(id="red", version=7, amount=70)}


def test_the_inbox_gives_the_answers_of_those_commands_alone_that_were_asked_for(shelf: Shelf) -> None:
    answers = [{"key": f"command:{n}", "fingerprint": f"f{n}", "body": b"{}", "area": "11"} for n in (1, 2)]
    shelf.database["inbox"].insert_one({"_id": 1, "keys": ["command:1", "command:2", "e"], "answers": answers})
    closed = {**answers[0], "key": "command:3", "body": b"closed"}
    shelf.database["inbox"].insert_one({"_id": "l", "keys": ["command:3"], "answers": [closed], "letter": "l"})
    shelf.calls.clear()
    seen = Reader(shelf.database).find_seen(["command:1", "e", "new", "command:3"])
    assert seen == {
        "command:1": Answer("command:1", "f1", b"{}", "11"), "e": None,
        "command:3": Answer("command:3", "f1", b"closed", "11", "l"),
    }  # fmt: skip
    assert shelf.calls == ["find"]


def test_without_keys_the_inbox_is_not_asked(shelf: Shelf) -> None:
    assert Reader(shelf.database).find_seen([]) == {}
    assert shelf.calls == []


def test_the_time_of_all_reading_adds_up(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([10.0, 12.0, 20.0, 25.0])
    monkeypatch.setattr("shared.engine.store.reader.perf_counter", lambda: next(ticks))
    reader = Reader(shelf.database)
    reader.fetch(IdentityMap(), [Get(Box, "red")])
    reader.find_seen(["e"])
    assert reader.seconds == 7.0
