"""The store in memory and MongoDB make collections and indexes, change documents and sum them up alike."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from pymongo import IndexModel, MongoClient, ReplaceOne
from pymongo.errors import BulkWriteError

from shared.engine.store.collections import IndexConflictError, ensure_indexes
from shared.engine.store.outbox import Outbox
from shared.ledger.checks import database_violations
from tests.city.prepared import PreparedDatabase

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def in_memory(_: pytest.FixtureRequest) -> Iterator[Any]:
    yield PreparedDatabase()


def in_mongodb(request: pytest.FixtureRequest) -> Iterator[Any]:
    client: MongoClient[Any] = MongoClient(request.getfixturevalue("mongo_uri"), tz_aware=True)
    with client:
        database = client[f"preparing_{uuid4().hex[:8]}"]
        yield database
        client.drop_database(database.name)


@pytest.fixture(params=[in_memory, pytest.param(in_mongodb, marks=pytest.mark.integration)], ids=lambda p: p.__name__)
def database(request: pytest.FixtureRequest) -> Iterator[Any]:
    make: Callable[[pytest.FixtureRequest], Iterator[Any]] = request.param
    yield from make(request)


def test_collections_are_made_once_and_indexes_stand_or_conflict(database: Any) -> None:
    assert database["things"].find_one({}) is None
    assert database.list_collection_names() == [], "a read makes no collection"
    things = {"things": [IndexModel([("a", 1)], name="a")]}
    ensure_indexes(database, things)
    ensure_indexes(database, things)
    assert {"things", "inbox", "outbox", "timers"} <= set(database.list_collection_names())
    assert set(database["things"].index_information()) == {"_id_", "a"}
    assert set(database["inbox"].index_information()) >= {"_id_", "keys", "forget"}
    for keys, name in (("b", "a"), ("a", "b")):
        with pytest.raises(IndexConflictError, match=r"things stands otherwise"):
            ensure_indexes(database, {"things": [IndexModel([(keys, 1)], name=name)]})
    database["things"].drop_index("a")
    assert set(database["things"].index_information()) == {"_id_"}


def test_a_bulk_write_replaces_what_fits_and_names_each_that_is_refused(database: Any) -> None:
    things = database["things"]
    things.insert_many([{"_id": n, "version": 1} for n in (1, 2, 3, 4)])
    things.create_indexes([IndexModel([("place", 1)], name="place", unique=True, sparse=True)])
    writes = [
        ReplaceOne({"_id": n, "version": 1, "schema": None}, {"_id": n, "version": 1, "place": 7}) for n in (1, 2)
    ]
    writes += [ReplaceOne({"_id": 3, "version": 9}, {"_id": 3}), ReplaceOne({"_id": 4}, {"_id": 4, "version": 2})]
    with pytest.raises(BulkWriteError) as refused:
        things.bulk_write(writes, ordered=False)
    assert [(e["index"], e["code"]) for e in refused.value.details["writeErrors"]] == [(1, 11000)]
    assert refused.value.details["nModified"] == 2
    assert [dict(row) for row in things.find({}).sort("_id", 1).max_time_ms(1000)] == [
        {"_id": 1, "version": 1, "place": 7}, {"_id": 2, "version": 1}, {"_id": 3, "version": 1},
        {"_id": 4, "version": 2},
    ]  # fmt: skip


def test_operators_raise_push_and_date_a_field(database: Any) -> None:
    rows = database["rows"]
    rows.insert_one({"_id": "r", "most": 3, "progress": 1})
    for n in (2, 5):
        push = {"history": {"$each": [{"n": n, "at": AT}], "$slice": -1}}
        rows.update_one({"_id": "r"}, {"$max": {"most": n, "new": n}, "$push": push, "$unset": {"progress": ""}})
    rows.update_one({"_id": "r"}, {"$currentDate": {"at": True}})
    found = rows.find_one({"_id": "r"})
    assert found.pop("at").tzinfo is not None
    assert found == {"_id": "r", "most": 5, "new": 5, "history": [{"n": 5, "at": AT}]}


def test_what_is_not_at_least_so_much_is_less_or_absent(database: Any) -> None:
    database["rows"].insert_many([{"_id": 1}, {"_id": 2, "schema": 2}, {"_id": 3, "schema": 3}])
    found = database["rows"].find({"schema": {"$not": {"$gte": 3}}, "_id": {"$gt": 0}})
    assert [row["_id"] for row in found.sort("_id", 1)] == [1, 2]


def test_the_backlog_of_the_outbox_is_summed_up(database: Any) -> None:
    assert Outbox(database).measure_backlog() == (0, None)
    later = AT.replace(hour=10)
    database["outbox"].insert_many([{"_id": 2, "at": later, "messages": [1, 2]}, {"_id": 1, "at": AT, "messages": [3]}])
    assert Outbox(database).measure_backlog() == (3, AT)


def account(name: str, commodity: str = "rice", **counters: int) -> dict[str, Any]:
    none = dict.fromkeys(("debits_pending", "debits_posted", "credits_pending", "credits_posted"), 0)
    return {"_id": name, "commodity": commodity, **none, **counters}


def transfer(name: str, state: str, amount: int, debit: str = "a", credit: str = "b") -> dict[str, Any]:
    return {
        "_id": name, "state": state, "amount": amount, "debit_account": debit, "credit_account": credit,
        "commodity": "rice",
    }  # fmt: skip


def test_a_stored_ledger_is_summed_up_by_account_and_state(database: Any) -> None:
    database["transfers"].insert_many(
        [transfer("t1", "posted", 5), transfer("t2", "posted", 2), transfer("t3", "pending", 4),
         transfer("t4", "voided", 9)]
    )  # fmt: skip
    counters: dict[str, Any] = {
        "a": {"debits_pending": 4, "debits_posted": 7},
        "b": {"credits_pending": 4, "credits_posted": 7},
    }
    database["accounts"].insert_many([account(name, **counters[name]) for name in "ab"])
    assert database_violations(database) == []
    database["accounts"].update_one({"_id": "a"}, {"$set": {"debits_posted": 6}})
    faults = database_violations(database, ledger="charity")
    assert [fault.code for fault in faults] == ["counter_differs", "posted_unbalanced"]
    assert faults[0].args == {
        "ledger": "charity", "account": "a", "counter": "debits_posted", "amount": 6, "sum": 7
    }  # fmt: skip


def test_a_transfer_that_is_wrong_by_itself_does_not_vanish_in_a_sum(database: Any) -> None:
    database["transfers"].insert_many([transfer("t1", "odd", 0, "a", "a")])
    database["accounts"].insert_one(account("a"))
    codes = [fault.code for fault in database_violations(database)]
    assert codes == ["transfer_state_unknown", "transfer_moves_nothing", "transfer_to_itself"]
    assert len(database_violations(database, most=2)) == 2
