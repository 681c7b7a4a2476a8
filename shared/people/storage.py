"""The collection of the data keys, which are found by their ids alone, and the index of the marks of people."""

from typing import Final

from pymongo import ASCENDING, IndexModel

from shared.people.keys import COLLECTION
from shared.people.marks import MARKS

INDEXES: Final[dict[str, list[IndexModel]]] = {COLLECTION: []}

MARKS_INDEX: Final = IndexModel([(MARKS, ASCENDING), ("area", ASCENDING)], name="marks")
"""Of each collection of people: one question finds by mark and area. It lists the people without marks as well."""

MAX_MILLIS: Final = 5_000
"""The longest that the store may take over one query, in milliseconds."""
