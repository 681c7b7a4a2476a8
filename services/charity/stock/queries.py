"""The statement of an account: its transfers, page by page."""

from datetime import datetime
from typing import Final

from services.charity.reading import MAX_MILLIS, read_entity
from shared.contracts import Refused
from shared.contracts.charity.stock import AccountAnswer, ReadAccountStatement, StatementAnswer, StatementItem
from shared.engine import Document, QueryTable, Store
from shared.ledger import Account, Transfer


def read_statement(query: ReadAccountStatement, store: Store) -> StatementAnswer | None:
    """Return an account and its transfers in order of time, at most 500 a page; None where there is no such account.

    Raises Refused("invalid", field "after") for an `after` that is the `next` of no page.
    """
    account_id, limit = query.account_id, query.limit
    account = read_entity(store, Account, account_id)
    if account is None:
        return None
    later = _later(query.after) if query.after else {}
    rule = {"$or": [{"debit_account": account_id, **later}, {"credit_account": account_id, **later}]}
    order = [("at", 1), ("_id", 1)]
    # One row more than the page holds shows whether another page follows.
    found = store[Transfer.collection].find(rule).sort(order).limit(limit + 1).max_time_ms(MAX_MILLIS)
    items = [_item(Transfer.from_document(row), account_id) for row in found]
    return StatementAnswer(
        account=AccountAnswer.model_validate(account, from_attributes=True),
        items=tuple(items[:limit]),
        next=_cursor(items[limit - 1]) if len(items) > limit else None,
    )


def _cursor(item: StatementItem) -> str:
    return f"{item.at.isoformat()}/{item.id}"


def _later(after: str) -> Document:
    instant, _, last = after.partition("/")
    try:
        at = datetime.fromisoformat(instant)
    except ValueError:
        raise Refused("invalid", "not_a_cursor", field="after") from None
    # The first part keeps the scan within the index; the second tells apart transfers of the same instant.
    return {"at": {"$gte": at}, "$nor": [{"at": at, "_id": {"$lte": last}}]}


def _item(moved: Transfer, account_id: str) -> StatementItem:
    leaves = moved.debit_account == account_id
    return StatementItem(
        id=moved.id,
        at=moved.at,
        state=moved.state,
        amount=-moved.amount if leaves else moved.amount,
        other_account=moved.credit_account if leaves else moved.debit_account,
        reason=moved.reason,
        cause=moved.cause,
        reverses=moved.reverses,
    )


QUERIES: Final[QueryTable] = {ReadAccountStatement: read_statement}
