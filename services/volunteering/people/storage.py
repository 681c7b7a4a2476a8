"""The collections of the people. They are found by the volunteer's id alone, so that theirs has no further index."""

from typing import Final

from pymongo import IndexModel

from shared.people import INDEXES as KEY_INDEXES

INDEXES: Final[dict[str, list[IndexModel]]] = {"volunteer_people": [], **KEY_INDEXES}

MAX_MILLIS: Final = 5_000
"""The longest that the store may take over one query, in milliseconds."""
