"""The rarity of tags: how many volunteers have each. The first tag of a search bounds its scan of the index."""

from time import monotonic
from typing import Final

from pymongo.database import Database

from services.volunteering.matching.domain.volunteers import Volunteer
from shared.engine.decide.schema import Document

MAX_MILLIS: Final = 5_000
"""The longest that the store may take over one search, in milliseconds."""
REMEMBERED_SECONDS: Final = 600.0
"""How long a count stays good: the order of tags changes slowly, and a wrong order costs time only."""
COUNTED: Final = 5_000
"""A count ends there: the order of tags of more people hardly matters."""
MOST_REMEMBERED: Final = 10_000

# By database and tag: the monotonic instant until which the count is good, and the count. One a process, because the
# queries that need it are values without a place to keep it.
_counts: dict[tuple[str, str], tuple[float, int]] = {}


def sort_by_rarity(database: Database[Document], tags: tuple[str, ...]) -> list[str]:
    """Return the tags, the rarest first; the store may take 5,000 ms to count each.

    A wrong first tag costs a scan of everyone who has it: half a second instead of one millisecond in a large city.
    """
    if len(tags) == 1:
        return list(tags)
    return sorted(tags, key=lambda tag: (_count(database, tag), tag))


def _count(database: Database[Document], tag: str) -> int:
    key, now = (database.name, tag), monotonic()
    known = _counts.get(key)
    if known is None or known[0] < now:
        # Requests with invented tags could fill the memory: beyond the bound all counts are made again.
        if len(_counts) >= MOST_REMEMBERED:
            _counts.clear()
        n = database[Volunteer.collection].count_documents(
            {"tags": tag}, limit=COUNTED, maxTimeMS=MAX_MILLIS, hint="tag"
        )
        known = _counts[key] = (now + REMEMBERED_SECONDS, n)
    return known[1]
