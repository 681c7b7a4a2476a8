"""Accounts and balanced transfers, used for money, goods and hours alike.

`core` is pure; its accounts and transfers are engine entities, so that storing them is the engine's one
transaction. `checks` holds the books to the laws; `storage` has the indexes.
"""

from shared.ledger.core import (
    Account,
    Entry,
    Moved,
    Transfer,
    available,
    post,
    reserve,
    reversal_id,
    reverse,
    transfer,
    void,
)

__all__ = [
    "Account",
    "Entry",
    "Moved",
    "Transfer",
    "available",
    "post",
    "reserve",
    "reversal_id",
    "reverse",
    "transfer",
    "void",
]
