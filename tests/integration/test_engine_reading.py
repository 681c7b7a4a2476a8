"""A batch reads the things of several kinds from MongoDB by one question, each as its own kind and in its own area."""

from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.monitoring import CommandListener, CommandStartedEvent
from pymongo.read_concern import ReadConcern

from shared.engine import Entity, Get
from shared.engine.decide.schema import Schema, Step
from shared.engine.decide.unit_of_work import IdentityMap
from shared.engine.store.reader import MOST_TOGETHER, Reader

pytestmark = pytest.mark.integration


class Box(Entity):
    collection: ClassVar[str] = "boxes"
    area: str = ""
    amount: int = 0


class Lid(Entity):
    collection: ClassVar[str] = "lids"
    stored_as: ClassVar[Schema] = Schema((Step("lids have sizes"),))
    size: int = 0


class Label(Entity):
    collection: ClassVar[str] = "labels"
    words: str = ""


class Questions(CommandListener):
    """Notes the commands that read."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in {"find", "aggregate", "getMore"}:
            self.asked.append(event.command_name)

    def succeeded(self, event: Any) -> None:
        """Note nothing."""

    def failed(self, event: Any) -> None:
        """Note nothing."""


@pytest.fixture
def questions() -> Questions:
    return Questions()


@pytest.fixture
def database(mongo_uri: str, questions: Questions) -> Iterator[Any]:
    with MongoClient[Any](mongo_uri, tz_aware=True, event_listeners=[questions]) as client:
        made = client.get_database(f"reading_{uuid4().hex[:8]}", read_concern=ReadConcern("majority"))
        yield made
        client.drop_database(made.name)


def read(database: Any, *loads: Get[Any], **names: str) -> IdentityMap:
    known = IdentityMap()
    Reader(database, names).fetch(known, loads)
    return known


def test_things_of_several_kinds_are_one_question_though_their_ids_are_the_same(
    database: Any, questions: Questions
) -> None:
    database["boxes"].insert_one({"_id": "red", "version": 3, "amount": 5})
    database["lids"].insert_one({"_id": "red", "version": 1, "size": 7, "schema": 2})
    known = read(database, Get(Box, "red"), Get(Lid, "red"), Get(Label, "red"), Get(Lid, "blue"))
    assert questions.asked == ["aggregate"]
    assert known.entities == {
        (Box, "red"): Box(id="red", version=3, amount=5),
        (Lid, "red"): Lid(id="red", version=1, size=7),
        (Label, "red"): None,
        (Lid, "blue"): None,
    }
    assert not known.other_form


def test_of_each_kind_only_what_lies_in_the_area_is_read(database: Any) -> None:
    for name, area in (("near", "110102009"), ("far", "3101")):
        database["boxes"].insert_one({"_id": name, "version": 1, "area": area})
    database["labels"].insert_one({"_id": "far", "version": 1, "words": "no area"})
    known = read(database, Get(Box, "near", "1101"), Get(Box, "far", "1101"), Get(Label, "far"))
    assert set(known.entities) == {(Box, "near"), (Label, "far")}


def test_a_kind_that_is_stored_under_another_name_is_read_there(database: Any) -> None:
    for name, amount in (("boxes", 1), ("boxes@2", 2)):
        database[name].insert_one({"_id": "red", "version": 1, "amount": amount})
    database["lids"].insert_one({"_id": "red", "version": 1, "size": 7})
    for loads in ((Get(Box, "red"), Get(Lid, "red")), (Get(Lid, "red"), Get(Box, "red"))):
        known = read(database, *loads, boxes="boxes@2")
        assert known.entities[Box, "red"] == Box(id="red", version=1, amount=2)
    assert (Lid, "red") in known.other_form, "it has no mark of its form"


@pytest.mark.parametrize(("number", "asked"), [(MOST_TOGETHER // 2, ["aggregate"]), (MOST_TOGETHER, ["find", "find"])])
def test_many_things_are_read_whole_by_few_questions(
    database: Any, questions: Questions, number: int, asked: list[str]
) -> None:
    ids = [f"thing{n}" for n in range(number)]
    for collection in ("boxes", "labels"):
        database[collection].insert_many([{"_id": each, "version": 1} for each in ids])
    known = read(database, *(Get(model, each) for each in ids for model in (Box, Label)))
    assert [question for question in questions.asked if question != "getMore"] == asked
    assert len(known.entities) == 2 * number
    assert None not in known.entities.values()
