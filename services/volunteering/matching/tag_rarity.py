"""Which of several tags the fewest have. The first tag of a search bounds its scan of the index."""

import time
from typing import Any, Final

from pymongo.database import Database

from services.volunteering.domain.volunteers import Volunteer

MAX_MILLIS: Final = 5_000
REMEMBERED_SECONDS: Final = 600.0
COUNTED: Final = 5_000
"""More than that need not be told apart."""
MOST_REMEMBERED: Final = 10_000

Store = Database[dict[str, Any]]

_counts: dict[tuple[str, str], tuple[float, int]] = {}


def rarest_first(database: Store, tags: tuple[str, ...]) -> list[str]:
    """The tags, the rarest first. A wrong first tag costs a scan of everyone who has it: half a second, not one ms."""
    if len(tags) == 1:
        return list(tags)
    return sorted(tags, key=lambda tag: (_count(database, tag), tag))


def _count(database: Store, tag: str) -> int:
    key, now = (database.name, tag), time.monotonic()
    known = _counts.get(key)
    if known is None or known[0] < now:
        if len(_counts) >= MOST_REMEMBERED:
            _counts.clear()
        n = database[Volunteer.collection].count_documents(
            {"tags": tag}, limit=COUNTED, maxTimeMS=MAX_MILLIS, hint="tag"
        )
        known = _counts[key] = (now + REMEMBERED_SECONDS, n)
    return known[1]
