"""The queries of the time bank: read-only questions that others ask by RPC."""

from collections.abc import Collection
from typing import Final

from pymongo import ASCENDING

from services.volunteering.timebank.domain.minting import account_id
from services.volunteering.timebank.storage import MAX_MILLIS
from shared.contracts.volunteering.timebank import ReadTimeStatement, StatementAnswer, StatementEntry
from shared.engine import Document, QueryTable, Store
from shared.ledger.core import Account, Transfer
from shared.people.resolution import ids_of


def read_statement(query: ReadTimeStatement, store: Store) -> StatementAnswer:
    """Return the volunteer's accounts and a page of 1 to 500 entries, oldest first; `after` is the `next` of a page.

    An `after` that is the id of no transfer ends the list.

    Ids of one person were merged, not their accounts: the statement covers those of all. An unknown volunteer has an
    empty account.
    """
    ids, limit = ids_of(store, query.volunteer_id), query.limit
    accounts = [account_id(one) for one in ids]
    found = store[Account.collection].find({"_id": {"$in": accounts}}).max_time_ms(MAX_MILLIS)
    balance = sum(Account.from_document(row).balance for row in found)
    rule: Document = {"$or": [{"credit_account": {"$in": accounts}}, {"debit_account": {"$in": accounts}}]}
    if query.after:
        rule = {"$and": [rule, _later_than(store, query.after)]}
    # By instant, because the id of a reversal is made of the reversed one's. One row more shows whether there is a next
    # page.
    order = [("at", ASCENDING), ("_id", ASCENDING)]
    rows = store[Transfer.collection].find(rule).sort(order).limit(limit + 1).max_time_ms(MAX_MILLIS)
    entries = [_entry(Transfer.from_document(row), accounts) for row in rows]
    return StatementAnswer(
        volunteer_id=ids[0],
        balance_minutes=balance,
        items=tuple(entries[:limit]),
        next=entries[limit - 1].id if len(entries) > limit else None,
    )


def _later_than(store: Store, transfer_id: str) -> Document:
    known = store[Transfer.collection].find_one({"_id": transfer_id}, {"at": 1}, max_time_ms=MAX_MILLIS)
    if known is None:
        return {"_id": {"$in": []}}
    at = known["at"]
    return {"$or": [{"at": {"$gt": at}}, {"at": at, "_id": {"$gt": transfer_id}}]}


def _entry(transfer: Transfer, accounts: Collection[str]) -> StatementEntry:
    return StatementEntry(
        id=transfer.id,
        at=transfer.at,
        minutes=transfer.amount if transfer.credit_account in accounts else -transfer.amount,
        state=transfer.state,
        reason=transfer.reason,
        cause=transfer.cause,
    )


QUERIES: Final[QueryTable] = {ReadTimeStatement: read_statement}
