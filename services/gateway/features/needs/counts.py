"""The number of needs by area and channel, kept with their views: a need is counted once, where it stands now."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import ASCENDING, IndexModel

from services.gateway.projection.feature import partition_of
from shared.engine import Entity, Get, UnitOfWork

Counted = tuple[str, str]
"""The area and the channel by which a need is counted."""


class NeedCount(Entity):
    """The number of needs of one area and channel, of one partition of the feed."""

    collection: ClassVar[str] = "needs_counts"
    area: str
    channel: str
    count: int = 0


COUNT_INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    NeedCount.collection: [IndexModel([("area", ASCENDING)], name="area")]
}


def count_loads(before: Counted | None, after: Counted, need_id: str) -> list[Get[NeedCount]]:
    """Return the loads that `count` needs: none where the need stays where it is counted."""
    return [] if before == after else [Get(NeedCount, one.id) for one in _list_counts(before, after, need_id)]


def count(work: UnitOfWork, before: Counted | None, after: Counted, need_id: str) -> None:
    """Count the need in its area and channel, and no more where it was counted before (None: it is new).

    Within the transaction that stores its view: a repeated event finds its version stored, and counts nothing.
    """
    if before == after:
        return
    for empty in _list_counts(before, after, need_id):
        stored = work.get(NeedCount, empty.id) or empty
        by = 1 if (empty.area, empty.channel) == after else -1
        work.put(stored.model_copy(update={"count": stored.count + by}))


def _list_counts(before: Counted | None, after: Counted, need_id: str) -> list[NeedCount]:
    # One part a partition of the feed, so that two workers never wait for each other.
    part = partition_of(need_id)
    return [
        NeedCount(id=f"{area}|{channel}|{part}", area=area, channel=channel)
        for area, channel in ([after] if before is None else [before, after])
    ]
