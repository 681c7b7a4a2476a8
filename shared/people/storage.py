"""The collection of the data keys. Its index finds those that a retired key of the ring still wraps."""

from typing import Final

from pymongo import ASCENDING, IndexModel

from shared.people.keys import COLLECTION

INDEXES: Final[dict[str, list[IndexModel]]] = {COLLECTION: [IndexModel([("ring", ASCENDING)], name="ring")]}

MAX_MILLIS: Final = 5_000
"""The longest that the store may take over one query, in milliseconds."""
