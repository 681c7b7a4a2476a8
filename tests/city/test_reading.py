"""A batch reads things of several kinds by one question, each as its own kind; the store in memory as MongoDB does."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.monitoring import CommandListener, CommandStartedEvent
from pymongo.read_concern import ReadConcern

from shared.engine import Entity, Get
from shared.engine.decide.schema import Schema, Step
from shared.engine.decide.unit_of_work import IdentityMap
from shared.engine.store.reader import MOST_TOGETHER, SOURCE, Reader
from tests.city.mongo import Database
from tests.city.store import Memory


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
    area: str = ""
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


def in_memory(_: pytest.FixtureRequest, questions: Questions) -> Iterator[Any]:
    """Yield the store of the city."""
    yield Database(Memory("reading"), io=questions.asked.append)


def in_mongodb(request: pytest.FixtureRequest, questions: Questions) -> Iterator[Any]:
    """Yield a database of a real server."""
    uri = request.getfixturevalue("mongo_uri")
    with MongoClient[Any](uri, tz_aware=True, event_listeners=[questions]) as client:
        made = client.get_database(f"reading_{uuid4().hex[:8]}", read_concern=ReadConcern("majority"))
        yield made
        client.drop_database(made.name)


@pytest.fixture
def questions() -> Questions:
    return Questions()


@pytest.fixture(params=[in_memory, pytest.param(in_mongodb, marks=pytest.mark.integration)], ids=lambda p: p.__name__)
def database(request: pytest.FixtureRequest, questions: Questions) -> Iterator[Any]:
    make: Callable[[pytest.FixtureRequest, Questions], Iterator[Any]] = request.param
    yield from make(request, questions)


def read(database: Any, *loads: Get[Any], **names: str) -> IdentityMap:
    known = IdentityMap()
    Reader(database, names).fetch(known, loads)
    return known


def test_things_of_several_kinds_are_one_question_though_their_ids_are_the_same(
    database: Any, questions: Questions
) -> None:
    database["boxes"].insert_one({"_id": "red", "version": 3, "amount": 5})
    database["lids"].insert_one({"_id": "red", "version": 1, "size": 7, "schema": 2})
    questions.asked.clear()
    known = read(database, Get(Box, "red"), Get(Lid, "red"), Get(Label, "red"), Get(Lid, "blue"))
    assert questions.asked == ["aggregate"]
    assert known.entities == {
        (Box, "red"): Box(id="red", version=3, amount=5),
        (Lid, "red"): Lid(id="red", version=1, size=7),
        (Label, "red"): None,
        (Lid, "blue"): None,
    }
    assert not known.other_form


def test_where_all_of_them_are_there_nothing_more_is_asked(database: Any, questions: Questions) -> None:
    for collection in ("boxes", "lids"):
        database[collection].insert_one({"_id": "red", "version": 1})
    questions.asked.clear()
    assert all(read(database, Get(Box, "red"), Get(Lid, "red")).entities.values())
    assert questions.asked == ["aggregate"]


@pytest.mark.parametrize("kinds", [(Box, Label), (Label, Box)], ids=lambda kinds: kinds[0].__name__)
def test_of_each_kind_only_what_lies_in_the_area_is_read(database: Any, kinds: tuple[type[Entity], ...]) -> None:
    for collection in ("boxes", "labels"):
        for name, area in (("near", "110102009"), ("far", "3101")):
            database[collection].insert_one({"_id": name, "version": 1, "area": area})
    known = read(database, *(Get(kind, name, "1101") for kind in kinds for name in ("near", "far")))
    assert set(known.entities) == {(kind, "near") for kind in kinds}


def test_a_stored_field_named_like_the_mark_of_a_kind_misleads_nobody(database: Any) -> None:
    database["labels"].insert_one({"_id": "red", "version": 1, "words": "this side up", SOURCE: 0})
    known = read(database, Get(Box, "red"), Get(Label, "red"))
    assert known.entities == {(Box, "red"): None, (Label, "red"): Label(id="red", version=1, words="this side up")}


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
        database.command({"insert": collection, "documents": [{"_id": each, "version": 1} for each in ids]})
    questions.asked.clear()
    known = read(database, *(Get(model, each) for each in ids for model in (Box, Label)))
    assert [question for question in questions.asked if question != "getMore"] == asked
    assert len(known.entities) == 2 * number
    assert None not in known.entities.values()
