"""The collections of the people. They are found by the volunteer's id, or by a mark within an area."""

from typing import Final

from pymongo import IndexModel

from shared.people import INDEXES as KEY_INDEXES
from shared.people import MARKS_INDEX
from shared.people.erasing import INDEXES as ERASING_INDEXES

INDEXES: Final[dict[str, list[IndexModel]]] = {
    "volunteer_people": [MARKS_INDEX],
    **KEY_INDEXES,
    **ERASING_INDEXES,
}

MAX_MILLIS: Final = 5_000
"""The longest that the store may take over one query, in milliseconds."""
