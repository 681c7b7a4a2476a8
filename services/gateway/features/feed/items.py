"""The items of the feed, found by cursor, by type, by subject and by area."""

from collections.abc import Sequence
from math import ceil
from typing import Final, NamedTuple

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import OperationFailure

from services.gateway.features.feed.view import BY_AREA, BY_SUBJECT
from services.gateway.features.feed.wanted import Wanted
from services.gateway.projection.feed import feed_id
from services.gateway.reading.views import MAX_MILLISECONDS
from shared.engine.decide.schema import Document

NEAR: Final = 2_000
"""Cursors before the end of the feed in which the events of an area are found without an index."""
NARROWEST: Final = 8_000
WIDEST: Final = 512_000
"""The bounds of a stretch of cursors that is searched by the index at once."""
MOST_STRETCHES: Final = 5
"""Stretches that one page searches."""
ENOUGH: Final = 8
"""Events found by which it is estimated how many more stretches lie before a full page."""
SPARE: Final = 1.25
"""By so much a stretch is wider than its estimate: a second one costs more than the rest of a too wide one."""
BAD_VALUE: Final = 2
"""MongoDB's code for a hint at an index that does not stand."""


class FeedRow(NamedTuple):
    """An event of the feed: its position, its type, and the CloudEvent as JSON text."""

    cursor: int
    type: str
    event: str


def next_width(width: int, searched: int, found: int, limit: int) -> int:
    """Return the cursors to search next, after a stretch of that width and `searched` in all have given `found` events.

    With few events there is nothing to estimate by: it widens fourfold.
    """
    wanted = 4 * width if found < ENOUGH else ceil((limit - found) * searched / found * SPARE)
    return min(max(wanted, NARROWEST), WIDEST)


class FeedItems:
    """Finds items of the feed, always in its order."""

    def __init__(self, items: AsyncCollection[Document]) -> None:
        self._items = items

    async def at(self, positions: Sequence[int]) -> list[FeedRow]:
        """Return the events at those positions."""
        return await self._find({"_id": {"$in": [feed_id(position) for position in positions]}}, len(positions))

    async def between(self, after: int, upto: int, rule: Document, limit: int) -> list[FeedRow]:
        """Return at most `limit` events after one position up to another that fit the rule."""
        return await self._find({"_id": {"$gt": feed_id(after), "$lte": feed_id(upto)}, **rule}, limit)

    async def have_subjects(self) -> bool:
        """Return whether every event is stored with its subject: those of release 0.2.0 get it by `lianshan migrate`.

        By the index, in which events without one stand first; without the index too it is False.
        """
        try:
            one = self._items.find({"subject": None}, {"_id": 1}).hint(BY_SUBJECT).limit(1)
            return not await one.max_time_ms(MAX_MILLISECONDS).to_list()
        except OperationFailure as error:
            if error.code != BAD_VALUE:
                raise
            return False

    async def _find(self, asked: Document, limit: int) -> list[FeedRow]:
        if limit == 0:
            return []  # to MongoDB a limit of 0 means all
        cursor = self._items.find(asked, {"_id": 0, "cursor": 1, "type": 1, "event": 1})
        found = await cursor.sort("_id", 1).limit(limit).max_time_ms(MAX_MILLISECONDS).to_list()
        return [FeedRow(row["cursor"], row["type"], row["event"]) for row in found]

    async def search_area(self, start: int, last: int, wanted: Wanted, limit: int) -> tuple[list[FeedRow], int]:
        """Return at most `limit` events of an area, and the position up to which they were searched.

        An area is a range of codes, whose events no index has in the order of the feed. So one stretch of the feed
        after the other is searched: the caller goes on from its end. Each is as long as the rest of the page needs by
        the events found so far, because the events behind a full page are sorted in vain.
        """
        if last - start <= NEAR:
            return await self.between(start, last, wanted.rule, limit), last
        found: list[FeedRow] = []
        upto, width = start, NARROWEST
        for _ in range(MOST_STRETCHES):
            begin, upto = upto, min(upto + width, last)
            found += await self._between_by_area(begin, upto, wanted.rule, limit - len(found))
            if len(found) >= limit or upto >= last:
                break
            width = next_width(width, upto - start, len(found), limit)
        return found, upto

    async def _between_by_area(self, after: int, upto: int, rule: Document, limit: int) -> list[FeedRow]:
        """As `between`; the ids alone are sorted, within the index."""
        asked = {**rule, "_id": {"$gt": feed_id(after), "$lte": feed_id(upto)}}
        try:
            cursor = self._items.find(asked, {"_id": 1}).hint(BY_AREA).sort("_id", 1).limit(limit)
            ids = [row["_id"] for row in await cursor.max_time_ms(MAX_MILLISECONDS).to_list()]
        except OperationFailure as error:
            if error.code != BAD_VALUE:
                raise
            # A replica of this release that starts before any projector of it: the index does not stand yet.
            return await self.between(after, upto, rule, limit)
        return await self._find({"_id": {"$in": ids}}, limit) if ids else []
