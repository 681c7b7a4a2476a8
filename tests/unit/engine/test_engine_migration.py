"""A migration rewrites old documents in bounded batches beside running services, and goes on where it was killed."""

import re
from typing import Any

import pytest
from engine_migrating import AT, BOXES, NEW, OLD, STEP, Boxes
from pymongo import IndexModel

from shared.engine.decide.schema import Schema, Step
from shared.engine.store import migration as migration_module
from shared.engine.store.migration import (
    HISTORY_KEPT,
    MAX_PASSES,
    Migration,
    MigrationError,
    behind,
    count,
    pending,
    replacements,
)
from shared.engine.store.schema_registry import SCHEMA, StoreTooNewError, enter
from shared.runtime.version import VERSION
from tests.city.prepared import PreparedDatabase


@pytest.fixture
def boxes(monkeypatch: pytest.MonkeyPatch) -> Boxes:
    made = Boxes()
    monkeypatch.setattr(migration_module, "sleep", made.rests.append)
    return made


def test_the_work_left_names_what_is_to_do_and_whom_it_shuts_out(boxes: Boxes):
    enter(boxes.database, ["boxes"], {}, AT)
    (work,) = boxes.pending()
    assert (work.service, work.collection, work.complete, work.schema.version) == ("charity", "boxes", 1, 2)
    assert (work.builds, work.drops, work.done) == (("by_tens",), ("by_amount",), 0)
    assert (work.rewrites, work.why, work.shuts_out) == (True, ["tens and ones apart"], True)
    assert count(boxes.database, work) == 5
    assert boxes.row()["version"] == 1, "asking changes nothing"


def test_a_store_without_the_collection_has_nothing_to_do():
    assert pending(PreparedDatabase(), "charity", NEW, {"boxes": BOXES}) == []  # type: ignore[arg-type]


def test_a_release_that_cannot_read_the_store_does_not_migrate_it(boxes: Boxes):
    boxes.database[SCHEMA].insert_one({"_id": "boxes", "version": 3, "min_reader": 3, "complete": 3, "by": "9.9.9"})
    with pytest.raises(StoreTooNewError):
        boxes.pending()


def test_new_indexes_come_before_the_documents_and_old_ones_go_after(boxes: Boxes):
    enter(boxes.database, ["boxes"], {}, AT)
    boxes.database.calls.clear()
    dropped_at: list[int] = []
    boxes.database.calls = Journal(lambda: dropped_at.append(boxes.box(4).get("schema", 1)))
    assert boxes.migrate() == 5
    assert [c for c in boxes.database.calls if "boxes" in c] == ["build boxes.by_tens", "drop boxes.by_amount"]
    assert dropped_at == [1, 2]
    assert set(boxes.rows.index_information()) == {"_id_", "by_tens"}


class Journal(list[str]):
    """Looks at the boxes when one of their indexes is made or dropped."""

    def __init__(self, look: Any) -> None:
        self._look = look

    def append(self, call: str) -> None:
        super().append(call)
        if "boxes" in call:
            self._look()


def test_every_document_has_the_new_form_its_own_version_and_the_stamp(boxes: Boxes):
    boxes.migrate()
    assert boxes.box(3) == {"_id": "box-3", "version": 1, "amount": 13, "tens": 1, "ones": 3, "schema": 2}
    assert boxes.pending(thorough=True) == []


def test_batches_are_bounded_told_and_rested_between(boxes: Boxes):
    boxes.migrate()
    assert boxes.told == [2, 4, 5]
    assert boxes.rests == [0.5] * 3


def test_the_register_shows_the_version_to_writers_first_and_the_work_afterwards(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
):
    enter(boxes.database, ["boxes"], {}, AT)
    seconds = iter([100.0, 107.12345])
    monkeypatch.setattr(migration_module, "monotonic", lambda: next(seconds))
    monkeypatch.setattr(migration_module, "machine_now", lambda: AT)
    boxes.migrate()
    row = boxes.row()
    assert (row["version"], row["min_reader"], row["complete"]) == (2, 2, 2)
    assert row["history"] == [
        {"from": 1, "version": 2, "at": AT, "by": VERSION, "documents": 5, "seconds": 7.123}
    ]  # fmt: skip
    assert "progress" not in row


def test_a_killed_migration_goes_on_after_its_last_batch_and_counts_all(boxes: Boxes, monkeypatch: pytest.MonkeyPatch):
    class Killed(BaseException):
        pass

    def die(place: str) -> None:
        assert place == "during_migration"
        if len(boxes.told) == 1:
            raise Killed

    monkeypatch.setattr(migration_module, "failpoint", die)
    with pytest.raises(Killed):
        boxes.migrate()
    assert boxes.row()["progress"] == {"to": 2, "after": "box-1", "done": 2, "by": VERSION}
    assert [boxes.box(n).get("schema") for n in range(5)] == [2, 2, 2, 2, None], "the second batch is written"
    monkeypatch.setattr(migration_module, "failpoint", lambda _: None)
    (work,) = boxes.pending()
    assert (work.done, work.complete) == (2, 1)
    assert boxes.migrate() == 3, "what was written before the kill is found written"
    assert boxes.row()["history"][0]["documents"] == 3


def test_the_place_of_a_migration_to_another_version_does_not_count(boxes: Boxes):
    enter(boxes.database, ["boxes"], {}, AT)
    progress = {"to": 9, "after": "box-3", "done": 77, "by": VERSION}
    boxes.database[SCHEMA].update_one({"_id": "boxes"}, {"$set": {"progress": progress}})
    (work,) = boxes.pending()
    assert work.done == 0
    assert boxes.migrate() == 5
    assert boxes.told == [2, 4, 5], "it begins at the front"


def test_what_a_service_has_written_meanwhile_stays_and_a_later_pass_rewrites_it(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
):
    def write(_: str) -> None:
        if not boxes.told:
            boxes.rows.update_one({"_id": "box-0"}, {"$set": {"amount": 55, "version": 2}, "$unset": {"schema": ""}})

    real = Migration._replace

    def replace(self: Any, pairs: Any, where: str) -> None:
        write("")
        real(self, pairs, where)

    monkeypatch.setattr(Migration, "_replace", replace)
    assert boxes.migrate() == 5
    assert (boxes.box(0)["tens"], boxes.box(0)["version"]) == (5, 2)
    assert boxes.told == [1, 3, 4, 5], "the pass left it out, and the second one took it"


def test_an_old_replica_that_never_stops_writing_is_named(boxes: Boxes, monkeypatch: pytest.MonkeyPatch):
    passes = []

    def write(self: Any, pairs: Any, _: str) -> None:
        passes.append(len(pairs))  # an old replica is always quicker

    monkeypatch.setattr(Migration, "_replace", write)
    text = "charity.boxes: documents keep being written in an older form; a replica of an older release still runs"
    with pytest.raises(MigrationError, match=re.escape(text)):
        boxes.migrate(batch=5)
    assert passes == [5] * MAX_PASSES
    assert boxes.row()["progress"]["after"] is None, "the next run begins at the front"
    assert "by_amount" in boxes.rows.index_information()


def test_only_the_steps_that_are_left_are_named(boxes: Boxes):
    boxes.migrate()
    further = Schema((STEP, Step("no ones", change=lambda box: {**box, "ones": 0})))
    (work,) = boxes.pending(further, thorough=True)
    assert (work.complete, work.why, work.shuts_out, work.drops) == (2, ["no ones"], False, ())


def test_only_a_thorough_look_finds_what_an_old_replica_wrote_after_the_migration(boxes: Boxes):
    boxes.migrate()
    boxes.rows.update_one({"_id": "box-2"}, {"_id": "box-2", "version": 2, "amount": 77})
    assert boxes.pending() == []
    (work,) = boxes.pending(thorough=True)
    assert (work.complete, count(boxes.database, work)) == (1, 1)
    assert boxes.migrate() == 1
    assert boxes.box(2)["tens"] == 7


def test_a_step_that_changes_only_indexes_rewrites_nothing(boxes: Boxes):
    schema = Schema((Step("no index by amount", drops=("by_amount",)),))
    enter(boxes.database, ["boxes"], {}, AT)
    (work,) = boxes.pending(schema, thorough=True)
    assert (work.rewrites, work.shuts_out, count(boxes.database, work)) == (False, False, 0)
    assert boxes.migrate(schema) == 0
    assert (boxes.row()["complete"], boxes.told) == (2, [])
    assert boxes.pending(schema, thorough=True) == []


def test_an_index_that_is_still_wanted_is_not_dropped(boxes: Boxes):
    enter(boxes.database, ["boxes"], {}, AT)
    (work,) = pending(boxes.database, "charity", {"boxes": OLD}, {"boxes": BOXES})
    assert (work.builds, work.drops) == ((), ())


def test_a_new_index_alone_is_work_and_no_line_in_the_history(boxes: Boxes):
    enter(boxes.database, ["boxes"], {}, AT)
    (work,) = pending(boxes.database, "charity", NEW, {})
    assert (work.builds, work.drops, work.rewrites) == (("by_tens",), (), False)
    assert Migration(boxes.database, work).run(NEW["boxes"]) == 0
    assert boxes.row()["history"] == []


def test_a_document_that_a_step_cannot_read_is_named_without_its_words():
    text = (
        "charity.boxes 'box-9' cannot be brought to version 2 (KeyError): correct the step or the document, then run "
        "this again"
    )
    with pytest.raises(MigrationError, match=re.escape(text)):
        replacements([{"_id": "box-9", "name": "secret"}], BOXES, "charity.boxes")


@pytest.mark.parametrize("field", ["_id", "version"])
def test_a_step_must_not_change_the_id_or_the_version(field: str):
    schema = Schema((Step("wrong", change=lambda box: {**box, field: "other"}),))
    text = "charity.boxes: a step to version 2 changes _id or version, and must not"
    with pytest.raises(MigrationError, match=text):
        replacements([{"_id": "box-9", "version": 1}], schema, "charity.boxes")


def test_a_document_is_replaced_only_where_it_is_as_it_was_read():
    box = {"_id": "box-9", "amount": 31}
    assert replacements([box], BOXES, "charity.boxes") == [
        ({"_id": "box-9", "version": None, "schema": None}, {**box, "tens": 3, "ones": 1, "schema": 2})
    ]
    assert behind(BOXES) == {"schema": {"$not": {"$gte": 2}}}, "documents of version 1 have no such field"


def test_a_new_form_that_the_store_refuses_is_named_by_its_id_and_the_code(boxes: Boxes):
    boxes.rows.create_indexes([IndexModel([("tens", 1)], name="place", unique=True, sparse=True)])
    where = {"boxes": []}
    (work,) = pending(boxes.database, "charity", where, {"boxes": BOXES})
    text = (
        "charity.boxes 'box-1': MongoDB refuses the new form (code 11000; 11000 is a duplicate in a unique index): "
        "correct the step or the document, then run this again"
    )
    with pytest.raises(MigrationError, match=re.escape(text)):
        Migration(boxes.database, work, batch=3).run([])


def test_the_register_remembers_the_latest_migrations(boxes: Boxes):
    enter(boxes.database, ["boxes"], {}, AT)
    past = [{"version": n} for n in range(HISTORY_KEPT)]
    boxes.database[SCHEMA].update_one({"_id": "boxes"}, {"$set": {"history": past}})
    boxes.migrate()
    history = boxes.row()["history"]
    assert (len(history), history[0]["version"], history[-1]["documents"]) == (HISTORY_KEPT, 1, 5)
