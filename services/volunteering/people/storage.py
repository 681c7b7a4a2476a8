"""The collection of the people. They are found by the volunteer's id alone, so that it has no further index."""

from typing import Final

from pymongo import IndexModel

INDEXES: Final[dict[str, list[IndexModel]]] = {"volunteer_people": []}

MAX_MILLIS: Final = 5_000
"""The longest that the store may take over one query, in milliseconds."""
