"""Merges (合并), one implementation for every kind of person that may be registered twice.

Each owner has a capability `merges` that declares its messages and its person; the collections are `merges` and
`identities`.
"""

from shared.people.merges.handlers import Effects, Merges
from shared.people.merges.history import INDEXES, Merge, holdings_for

__all__ = ["INDEXES", "Effects", "Merge", "Merges", "holdings_for"]
