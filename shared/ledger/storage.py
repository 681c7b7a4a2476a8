"""The ledger's indexes and stored form. The engine writes accounts and transfers, in its one transaction."""

from typing import Final

from pymongo import ASCENDING, IndexModel

from shared.engine.decide.entity import stored_with
from shared.engine.decide.schema import Document
from shared.ledger.core import Account

INDEXES: Final[dict[str, list[IndexModel]]] = {
    "transfers": [
        # An account's statement, in order of time: one index a side, because a transfer stands in two statements.
        IndexModel([("debit_account", ASCENDING), ("at", ASCENDING), ("_id", ASCENDING)], name="statement_debits"),
        IndexModel([("credit_account", ASCENDING), ("at", ASCENDING), ("_id", ASCENDING)], name="statement_credits"),
    ],
}


@stored_with(Account)
def derive_available(account: Account) -> Document:
    """Return `available`, in the account's own unit, for readers of the store who do not load accounts."""
    return {"available": account.available}
