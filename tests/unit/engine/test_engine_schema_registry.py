"""A store tells by its mark and its register which releases may work on it, and a service enters before it writes."""

import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from pymongo import IndexModel
from pymongo.errors import AutoReconnect, OperationFailure

from shared.engine.decide.schema import Schema, Step
from shared.engine.store.collections import INDEXES, IndexConflictError, ensure_indexes, is_new
from shared.engine.store.release_mark import LINE, RELEASE, STORE, find_foreign, line_of, mark_store
from shared.engine.store.schema_registry import (
    SCHEMA,
    StoreTooNewError,
    check,
    enter,
    prepare,
    read_rows,
    refusal,
    refused,
)
from shared.engine.store.sealing import SEALING
from shared.runtime.vault import Vault
from shared.runtime.version import VERSION
from tests.city.prepared import PreparedDatabase

AT, LATER = datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 3, 9, tzinfo=UTC)
SECOND = Schema((Step("first", readable_from=2),))
THIRD = Schema((Step("first", readable_from=2), Step("second", readable_from=1)))


@pytest.fixture
def database() -> Any:
    return PreparedDatabase()


def row(**changes: Any) -> dict[str, Any]:
    return {"_id": "boxes", "version": 2, "min_reader": 2, "complete": 2, "by": "0.9.9", **changes}


# ---- the mark --------------------------------------------------------------------------------------------------


def test_releases_of_one_line_read_each_others_stores(database: Any):
    assert (line_of("0.2.7"), line_of("1.10.3")) == ("0.2", "1.10")
    mark_store(database, AT)
    mark_store(database, LATER)
    assert database[RELEASE].find_one({"_id": STORE}) == {"_id": STORE, "line": LINE, "by": VERSION, "at": AT}
    database["inbox"].insert_one({"_id": 1})
    assert find_foreign(database) is None


def test_a_store_of_another_line_is_named_with_its_release_and_the_remedy(database: Any):
    database[RELEASE].insert_one({"_id": STORE, "line": "9.9", "by": "9.9.1"})
    assert find_foreign(database) == (
        f"the database test was written by Lianshan 9.9.1, and this is Lianshan {VERSION}: no migration leads from one "
        f"to the other. Keep Lianshan 9.9.1 running, or start {VERSION} with an empty database: another "
        "LIANSHAN_MONGO_URI or LIANSHAN_DATABASE_PREFIX."
    )


@pytest.mark.parametrize("name", ["inbox", "keys", "schema"])
def test_a_store_with_collections_of_0_1_and_no_mark_is_of_0_1(database: Any, name: str):
    assert find_foreign(database) is None
    database["other"].insert_one({"_id": 1})
    assert find_foreign(database) is None
    database[name].insert_one({"_id": 1})
    assert "was written by Lianshan 0.1.0" in str(find_foreign(database))


# ---- the register ----------------------------------------------------------------------------------------------


def test_a_store_that_only_newer_code_can_read_is_refused(database: Any):
    text = (
        "the store of charity is newer than this program: boxes is at version 5, written by Lianshan 0.9.9 and "
        f"readable from version 3 on; this is Lianshan {VERSION}, which knows version 2. Run Lianshan 0.9.9 or newer, "
        "or restore a backup made before the upgrade."
    )
    assert refusal("charity", {"boxes": row(version=5, min_reader=3)}, {"boxes": SECOND}) == text
    assert refusal("charity", {"boxes": row(version=5, min_reader=2)}, {"boxes": SECOND}) is None


def test_a_collection_that_has_never_changed_is_of_version_1():
    assert refusal("charity", {"boxes": row(min_reader=1)}, {}) is None
    assert "this is Lianshan" in str(refusal("charity", {"boxes": row()}, {}))


def test_a_store_that_still_holds_documents_too_old_to_read_is_refused():
    schema = Schema((Step("third"),), oldest=2)
    text = (
        "the store of charity is too old for this program: boxes still holds documents of version 1, this is Lianshan "
        f"{VERSION}, which reads from version 2 on. Run `lianshan migrate` of the release before first."
    )
    assert refusal("charity", {"boxes": row(complete=1)}, {"boxes": schema}) == text
    assert refusal("charity", {"boxes": row(complete=2)}, {"boxes": schema}) is None


def test_a_check_returns_the_rows_and_changes_nothing(database: Any):
    mark_store(database, AT)
    database[SCHEMA].insert_one(row())
    assert check(database, "charity", {"boxes": SECOND}) == {"boxes": row()} == read_rows(database)
    assert refused(database, "charity", {"boxes": SECOND}) is None
    with pytest.raises(StoreTooNewError, match="newer than this program"):
        check(database, "charity", {})
    assert str(refused(database, "charity", {})).startswith("the store of charity is newer than this program")


def test_a_store_of_another_line_is_refused_before_its_register_is_read(database: Any):
    database[RELEASE].insert_one({"_id": STORE, "line": "9.9", "by": "9.9.1"})
    with pytest.raises(StoreTooNewError, match=re.escape("was written by Lianshan 9.9.1")):
        check(database, "charity", {})


def test_a_store_that_is_away_refuses_nobody(database: Any):
    def away() -> None:
        raise AutoReconnect("no primary")

    database.list_collection_names = away
    assert refused(database, "charity", {}) is None


def test_a_new_collection_is_complete_and_one_with_documents_is_of_version_1(database: Any):
    database["boxes"].insert_one({"_id": 1})
    enter(database, ["things"], {"boxes": SECOND}, AT)
    common = {"by": VERSION, "at": AT, "history": []}
    assert read_rows(database) == {
        "boxes": {"_id": "boxes", "version": 2, "min_reader": 2, "complete": 1, **common},
        "things": {"_id": "things", "version": 1, "min_reader": 1, "complete": 1, **common},
    }
    enter(database, ["things"], {"things": THIRD}, LATER)
    assert read_rows(database)["things"]["complete"] == 1, "only a migration completes it"


def test_a_version_only_rises_and_so_does_the_oldest_reader(database: Any):
    database[SCHEMA].insert_one(row(min_reader=2))
    enter(database, ["boxes"], {"boxes": THIRD}, LATER)
    raised = read_rows(database)["boxes"]
    assert raised == row(version=3, min_reader=2, by=VERSION, at=LATER)
    enter(database, ["boxes"], {"boxes": SECOND}, AT)
    assert read_rows(database)["boxes"] == raised, "a replica of an older release lowers nothing"


def test_a_new_store_is_marked_first_then_furnished_then_entered(database: Any):
    service: Any = SimpleNamespace(
        name="charity", indexes={"boxes": [IndexModel([("a", 1)], name="a")]}, schemas={"boxes": SECOND},
        vault=Vault(bytes(32), "charity"),
    )  # fmt: skip
    prepare(database, service)
    prepare(database, service)
    assert database[RELEASE].find_one({"_id": STORE})["line"] == LINE
    rows = read_rows(database)
    assert (rows["boxes"]["version"], rows["boxes"]["complete"]) == (2, 2)
    assert rows[SEALING]["complete"] == 2
    assert {"boxes", *INDEXES} <= set(database.list_collection_names())
    assert database.calls.count("build boxes.a") == 1


def test_a_store_that_is_not_new_is_bound_by_the_migration_alone(database: Any):
    mark_store(database, AT)
    service: Any = SimpleNamespace(name="charity", indexes={}, schemas={}, vault=Vault(bytes(32), "charity"))
    prepare(database, service)
    assert SEALING not in read_rows(database)


# ---- collections and indexes -----------------------------------------------------------------------------------


def refusing(code: int) -> Any:
    def create(*_: object, **__: object) -> None:
        raise OperationFailure(f"refused by {code}", code)

    return create


def test_collections_are_made_before_their_indexes_and_a_quicker_replica_does_no_harm(database: Any):
    assert is_new(database)
    real = database.list_collection_names
    database.list_collection_names = list  # as the replica that was slower has seen it
    database.create_collection = refusing(48)
    ensure_indexes(database, {"boxes": []})
    database.list_collection_names = real
    assert not is_new(database)
    database.create_collection = refusing(13)
    with pytest.raises(OperationFailure, match="refused by 13"):
        ensure_indexes(database, {"boxes": []})


def test_an_index_that_stands_otherwise_is_named_with_the_remedy(database: Any):
    ensure_indexes(database, {"boxes": [IndexModel([("a", 1)], name="a")]})
    with pytest.raises(IndexConflictError) as conflict:
        ensure_indexes(database, {"boxes": [IndexModel([("b", 1)], name="a")]})
    assert str(conflict.value).startswith("an index of test.boxes stands otherwise (OperationFailure: ")
    assert str(conflict.value).endswith(
        "one with other keys needs a new name, one with the same keys keeps its name; see "
        "docs/changing-contracts-and-stores.md"
    )
