"""The collection of the data keys. They are found by their ids alone; a rotation reads all of them."""

from typing import Final

from pymongo import IndexModel

from shared.people.keys import COLLECTION

INDEXES: Final[dict[str, list[IndexModel]]] = {COLLECTION: []}

MAX_MILLIS: Final = 5_000
"""The longest that the store may take over one query, in milliseconds."""
