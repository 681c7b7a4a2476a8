"""The collections of the time bank and their indexes: the ledger's, with minutes as the commodity."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from shared.engine import Document, Query
from shared.ledger.core import Transfer
from shared.ledger.storage import INDEXES as LEDGER_INDEXES

INDEXES: Final[dict[str, list[IndexModel]]] = {"accounts": [], **LEDGER_INDEXES}

MAX_MILLIS: Final = 5_000
"""The longest that the store may take over one query, in milliseconds."""


@dataclass(frozen=True)
class EntriesOf(Query[Transfer]):
    """The newest transfers to and from the accounts of one person, at most 1,000; with `cause` those of a service."""

    model = Transfer
    limit: ClassVar[int] = 1_000
    accounts: tuple[str, ...]
    cause: str | None = None

    @classmethod
    def fetch(cls, database: Database[Document], queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each: a merge concerns one person."""
        transfers = database[Transfer.collection]
        order = [("at", DESCENDING), ("_id", ASCENDING)]
        return [
            list(transfers.find(query.rule).sort(order).limit(cls.limit).max_time_ms(MAX_MILLIS)) for query in queries
        ]

    @property
    def rule(self) -> Document:
        """The filter of MongoDB."""
        accounts = {"$in": list(self.accounts)}
        rule: Document = {"$or": [{"credit_account": accounts}, {"debit_account": accounts}]}
        return rule if self.cause is None else {**rule, "cause": self.cause}

    def matches(self, entity: Transfer) -> bool:
        """Return whether the transfer is to or from one of the accounts, and of the service."""
        if self.cause not in {None, entity.cause}:
            return False
        return not {entity.credit_account, entity.debit_account}.isdisjoint(self.accounts)

    def rank(self, entity: Transfer) -> float:
        """Return the sort key: the newest first."""
        return -entity.at.timestamp()
