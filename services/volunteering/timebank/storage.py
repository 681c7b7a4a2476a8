"""The collections of the time bank and their indexes: the ledger's, with minutes as the commodity."""

from typing import Final

from pymongo import IndexModel

from shared.ledger.storage import INDEXES as LEDGER_INDEXES

INDEXES: Final[dict[str, list[IndexModel]]] = {"accounts": [], **LEDGER_INDEXES}

MAX_MILLIS: Final = 5_000
"""The longest that the store may take over one query, in milliseconds."""
