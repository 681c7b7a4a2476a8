"""A stored form changes in steps while old and new replicas write: nothing is lost in any order."""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.engine import Entity, Evolving, Schema, Step
from shared.engine.decide.batch import Decisions
from shared.engine.decide.entity import EntityKey
from shared.engine.decide.schema import STAMP, StoredFormError
from shared.engine.decide.unit_of_work import IdentityMap
from shared.engine.store.commit import _by_collection
from shared.engine.store.migration import MigrationError, replacements
from shared.engine.store.schema_registry import refusal

Document = dict[str, Any]


def split(document: Document) -> Document:
    document["whole"], document["rest"] = divmod(document["amount"], 10)
    return document


def respell(document: Document) -> Document:
    """Both stand side by side for as long as somebody reads the old one."""
    document["colour"] = document["color"]
    return document


SCHEMA = Schema(
    steps=(
        Step("tens and ones apart", change=split),
        Step("another index", drops=("by_color",)),
        Step("one spelling", change=respell),
    )
)


class Old(Entity):
    """As the release before knows it."""

    collection: ClassVar[str] = "boxes"
    amount: int = 0
    color: str = "white"


class New(Evolving):
    """As this release knows it."""

    collection: ClassVar[str] = "boxes"
    stored_as: ClassVar[Schema] = SCHEMA
    amount: int = 0
    color: str = "white"
    whole: int
    rest: int
    colour: str

    def add(self, amount: int) -> "New":
        total = self.amount + amount
        return self.model_copy(
            update={"amount": total, "whole": total // 10, "rest": total % 10, "version": self.version + 1}
        )


def stored(entity: Entity) -> Document:
    """As the engine writes it."""
    decisions = Decisions(IdentityMap())
    key: EntityKey = (type(entity), entity.id)
    decisions.identities.originals[key] = None
    decisions.identities.entities[key] = entity
    decisions.identities.changed_ids[type(entity)] = {entity.id}
    ((_, inserts, _),) = _by_collection(decisions)
    return inserts[0]


class TestReading:
    def test_an_old_document_is_read_in_the_form_of_today(self):
        read = New.from_document({"_id": "a", "version": 7, "amount": 42, "color": "red"})
        assert (read.version, read.whole, read.rest, read.colour) == (7, 4, 2, "red")

    def test_what_is_written_says_its_form_and_what_never_changed_says_nothing(self):
        assert stored(New(id="a", version=1, whole=0, rest=0, colour="red"))[STAMP] == 4
        assert STAMP not in stored(Old(id="a", version=1))

    def test_a_document_of_a_newer_release_is_left_as_it_is(self):
        newer = {"_id": "a", "version": 1, STAMP: 9, "amount": 1, "whole": 0, "rest": 1, "colour": "red", "more": 1}
        assert SCHEMA.upgraded(newer) is newer
        assert New.from_document(newer).colour == "red"

    def test_an_upgrade_leaves_the_document_that_was_read_alone(self):
        document = {"_id": "a", "version": 1, "amount": 42, "color": "red"}
        before = dict(document)
        SCHEMA.upgraded(document)
        assert document == before

    def test_only_the_steps_that_are_missing_are_taken(self):
        half = {"_id": "a", "version": 1, STAMP: 2, "amount": 42, "whole": 40, "rest": 20, "color": "red"}
        assert SCHEMA.upgraded(half) == {
            "_id": "a", "version": 1, STAMP: 4, "amount": 42, "whole": 40, "rest": 20,
            "color": "red", "colour": "red",
        }  # fmt: skip

    def test_a_form_whose_steps_are_gone_is_refused_and_not_guessed(self):
        later = Schema(steps=(Step("one spelling", change=respell),), oldest=3)
        assert later.version == 4
        with pytest.raises(StoredFormError, match="version 1"):
            later.upgraded({"_id": "a", "amount": 1})


class TestMigrating:
    def test_a_step_that_fails_names_the_document_and_none_of_its_words(self):
        with pytest.raises(MigrationError, match=r"shop\.boxes 'a'.*KeyError") as error:
            replacements([{"_id": "a", "version": 1, "secret": "Qiao"}], SCHEMA, "shop.boxes")
        assert "Qiao" not in str(error.value)

    @pytest.mark.parametrize("name", ["_id", "version"])
    def test_a_step_may_not_touch_what_guards_the_document(self, name: str):
        def meddle(document: Document) -> Document:
            return {**document, name: "other"}

        with pytest.raises(MigrationError, match="must not"):
            replacements([{"_id": "a", "version": 1}], Schema((Step("bad", change=meddle),)), "shop.boxes")


def row(**changes: Any) -> Document:
    return {"version": 4, "min_reader": 1, "complete": 4, "by": "9.9.9", **changes}


class TestWhoMayWorkOnAStore:
    def test_an_older_release_may_as_long_as_it_can_read_what_is_written(self):
        assert refusal("shop", {"boxes": row()}, {}) is None

    def test_an_older_release_that_is_shut_out_hears_which_one_to_run(self):
        said = refusal("shop", {"boxes": row(min_reader=4)}, {"boxes": Schema((Step("first"),))})
        assert said is not None
        assert "boxes is at version 4, written by Lianshan 9.9.9" in said
        assert "Run Lianshan 9.9.9 or newer" in said
        assert "\n" not in said

    def test_a_newer_release_may_before_anything_was_migrated(self):
        assert refusal("shop", {"boxes": row(version=1, complete=1)}, {"boxes": SCHEMA}) is None

    def test_a_release_that_forgot_the_old_steps_asks_for_the_one_before(self):
        said = refusal("shop", {"boxes": row(complete=2)}, {"boxes": Schema(oldest=3)})
        assert said is not None
        assert "`lianshan migrate` of the release before" in said

    @pytest.mark.parametrize(
        ("steps", "version", "min_reader", "rewritten"),
        [
            ((), 1, 1, 1),
            ((Step("a", change=split),), 2, 1, 2),
            ((Step("a", change=split, readable_from=2), Step("b", drops=("x",))), 3, 2, 2),
            ((Step("expand", change=split), Step("contract", change=split, readable_from=2)), 3, 2, 3),
        ],
    )
    def test_the_steps_say_the_versions(self, steps: tuple[Step, ...], version: int, min_reader: int, rewritten: int):
        schema = Schema(steps)
        assert (schema.version, schema.min_reader, schema.rewritten) == (version, min_reader, rewritten)


def test_a_form_that_not_even_its_own_release_could_read_is_refused():
    with pytest.raises(ValueError, match="version 2"):
        Schema((Step("typing error", readable_from=3),))


class Store:
    """One collection with MongoDB's rule for a guarded replacement; a write may come long after the read."""

    def __init__(self, ids: list[str]) -> None:
        self.documents = {i: stored(Old(id=i, version=1, color=f"colour of {i}")) for i in ids}
        self.added = dict.fromkeys(ids, 0)

    def replace(self, guard: Document, new: Document) -> bool:
        there = self.documents[guard["_id"]]
        if any(there.get(name) != wanted for name, wanted in guard.items()):
            return False
        self.documents[guard["_id"]] = new
        return True

    def service_reads(self, i: str, amount: int, *, old: bool) -> Callable[[], None]:
        document = self.documents[i]
        if old:
            was = Old.from_document(document)
            entity: Entity = was.model_copy(update={"amount": was.amount + amount, "version": was.version + 1})
        else:
            entity = New.from_document(document).add(amount)
        guard = {"_id": i, "version": document["version"]}

        def write() -> None:
            if self.replace(guard, stored(entity)):
                self.added[i] += amount

        return write

    def migration_reads(self, size: int) -> Callable[[], None]:
        behind = [d for d in self.documents.values() if d.get(STAMP, 1) < SCHEMA.rewritten][:size]

        def write() -> None:
            for guard, new in replacements(behind, SCHEMA, "shop.boxes"):
                self.replace(guard, new)

        return write


moves = st.lists(
    st.tuples(
        st.sampled_from(["old", "new", "migrate", "write", "write", "write", "lose"]),
        st.sampled_from("ab"),
        st.integers(1, 30),
    ),
    min_size=8,
    max_size=60,
)


@given(moves)
def test_any_interleaving_of_old_and_new_writers_and_a_migration_that_may_be_killed_loses_nothing(
    script: list[tuple[str, str, int]],
):
    store, open_writes = Store(list("ab")), list[Callable[[], None]]()
    for what, i, number in script:
        if what in ("old", "new"):
            open_writes.append(store.service_reads(i, number, old=what == "old"))
        elif what == "migrate":
            open_writes.append(store.migration_reads(1 + number % 3))
        elif open_writes:
            pending = open_writes.pop(number % len(open_writes))
            if what == "write":
                pending()
    while any(d.get(STAMP, 1) < SCHEMA.rewritten for d in store.documents.values()):
        store.migration_reads(2)()
    for i, document in store.documents.items():
        total = store.added[i]
        assert (document["amount"], document["whole"], document["rest"]) == (total, *divmod(total, 10))
        assert document["colour"] == f"colour of {i}"
