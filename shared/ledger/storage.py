"""Indexes of the books. What is written to them is written by the engine, in its one transaction."""

from typing import Final

from pymongo import ASCENDING, IndexModel

INDEXES: Final[dict[str, list[IndexModel]]] = {
    "transfers": [
        # An account's statement, in order of time.
        IndexModel([("debit_account", ASCENDING), ("at", ASCENDING), ("_id", ASCENDING)], name="statement_debits"),
        IndexModel([("credit_account", ASCENDING), ("at", ASCENDING), ("_id", ASCENDING)], name="statement_credits"),
    ],
}
