"""Pages of the history of one plain aggregate, oldest change first."""

from typing import Final

from services.gateway.projection.plain import HistoryEntry
from services.gateway.reading.cursors import encode_cursor
from services.gateway.reading.views import Views, last_id

_AFTER_DOT: Final = "/"
"""The character after `.`: the entries of one aggregate end before it."""


async def read_history(
    views: Views, model: type[HistoryEntry], thing_id: str, limit: int, after: str | None
) -> tuple[HistoryEntry | None, list[HistoryEntry], str | None]:
    """Return the entry before the page, at most `limit` entries, and the cursor of the next page.

    Raises Problem (422) for a cursor that no page has given.
    """
    first, end = f"{thing_id}.", f"{thing_id}{_AFTER_DOT}"
    # A cursor of another aggregate's history finds nothing here.
    start = last_id(after) if after is not None else first
    before = await views.ordered(model, {"_id": {"$gte": first, "$lte": start}}, 1, newest_first=True)
    found = await views.ordered(model, {"_id": {"$gt": start, "$lt": end}}, limit + 1)
    following = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return (before[0] if before else None), found[:limit], following
