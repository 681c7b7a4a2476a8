"""Accounts and balanced transfers, used for money, goods and hours alike.

`core` is pure; its accounts and transfers are entities of the engine, so that one transaction stores them. `checks`
finds broken laws in the stored documents; `storage` has the indexes and the stored form.
"""

from shared.ledger import storage  # not for its names alone: it gives accounts their stored form
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
    "storage",
    "transfer",
    "void",
]
