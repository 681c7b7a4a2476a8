"""The queries of the time bank: read-only questions that others ask by RPC."""

from typing import Final

from services.volunteering.timebank.domain.minting import account_id
from services.volunteering.timebank.storage import MAX_MILLIS
from shared.contracts.volunteering.timebank import ReadTimeStatement, StatementAnswer, StatementEntry
from shared.engine import Document, QueryTable, Store
from shared.ledger.core import Account, Transfer


def read_statement(query: ReadTimeStatement, store: Store) -> StatementAnswer:
    """Return the volunteer's account and a page of 1 to 500 entries, oldest first; `after` is the `next` of a page.

    An unknown volunteer has an empty account.
    """
    volunteer_id, limit = query.volunteer_id, query.limit
    account = account_id(volunteer_id)
    found = store[Account.collection].find_one({"_id": account}, max_time_ms=MAX_MILLIS)
    rule: Document = {"$or": [{"credit_account": account}, {"debit_account": account}]}
    if query.after:
        rule["_id"] = {"$gt": query.after}
    # Ids rise with time, so that they are order and cursor in one. One row more shows whether there is a next page.
    rows = store[Transfer.collection].find(rule).sort("_id", 1).limit(limit + 1).max_time_ms(MAX_MILLIS)
    entries = [_entry(Transfer.from_document(row), account) for row in rows]
    return StatementAnswer(
        volunteer_id=volunteer_id,
        balance_minutes=0 if found is None else Account.from_document(found).balance,
        items=tuple(entries[:limit]),
        next=entries[limit - 1].id if len(entries) > limit else None,
    )


def _entry(transfer: Transfer, account: str) -> StatementEntry:
    return StatementEntry(
        id=transfer.id,
        at=transfer.at,
        minutes=transfer.amount if transfer.credit_account == account else -transfer.amount,
        state=transfer.state,
        reason=transfer.reason,
        cause=transfer.cause,
    )


QUERIES: Final[QueryTable] = {ReadTimeStatement: read_statement}
