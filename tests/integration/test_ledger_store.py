"""The ledger over a real MongoDB: the laws are checked on the stored documents, while others go on writing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from shared.engine.store.collections import ensure_indexes
from shared.ledger import Account, Entry, Moved, Transfer, post, reserve, transfer
from shared.ledger.checks import MAX_VIOLATIONS, database_violations
from shared.ledger.storage import INDEXES

pytestmark = pytest.mark.integration

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def ledger(mongo_uri: str) -> Iterator[Database[dict[str, Any]]]:
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_uri, tz_aware=True, serverSelectionTimeoutMS=10_000)
    database = client[f"t{uuid4().hex[:12]}_ledger"]
    ensure_indexes(database, INDEXES)
    yield database
    client.drop_database(database.name)
    client.close()


def keep(database: Database[dict[str, Any]], moved: Moved[Account, Account]) -> None:
    with database.client.start_session() as session, session.start_transaction():
        for thing in moved:
            document = thing.to_document()
            database[thing.collection].replace_one({"_id": thing.id}, document, upsert=True, session=session)


def account(name: str, **more: Any) -> Account:
    return Account(id=name, commodity="rice", holder=name, kind=name, **more)


def test_a_right_ledger_has_no_violations_and_is_read_back_as_it_was_written(ledger: Database[dict[str, Any]]):
    given = transfer(account("given"), account("stock", forbids_overdraft=True), 10, Entry("t1", AT, "gift", "g"))
    keep(ledger, given)
    taken = reserve(given.credit, account("used"), 4, Entry("t2", AT, "need", "n"))
    keep(ledger, taken)
    assert database_violations(ledger) == []
    keep(ledger, post(*taken))
    assert database_violations(ledger) == []
    stored = ledger["transfers"].find_one({"_id": "t2"})
    assert stored is not None
    assert Transfer.from_document(stored) == post(*taken).transfer
    stock = ledger["accounts"].find_one({"_id": "stock"})
    assert stock is not None
    assert stock["available"] == 6


def test_a_lost_transfer_is_reported_for_both_its_accounts(ledger: Database[dict[str, Any]]):
    keep(ledger, transfer(account("given"), account("stock"), 10, Entry("t1", AT, "gift", "g")))
    ledger["transfers"].delete_one({"_id": "t1"})
    reported = {(fault.args["account"], fault.args["counter"]): fault.code for fault in database_violations(ledger)}
    assert reported["given", "debits_posted"] == reported["stock", "credits_posted"] == "counter_differs"


def test_the_report_on_a_ruined_ledger_is_bounded(ledger: Database[dict[str, Any]]):
    ledger["accounts"].insert_many([account(f"a{n}", credits_posted=5).to_document() for n in range(500)])
    assert len(database_violations(ledger)) == MAX_VIOLATIONS
