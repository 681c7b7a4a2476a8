"""The collections of the feed, which the sequencer writes, see `services.gateway.projection.feed`."""

from collections.abc import Mapping, Sequence
from typing import Final

from pymongo import IndexModel

from services.gateway.projection.feed import FeedHead, FeedItem

BY_AREA: Final = "by_area"
BY_TYPE: Final = "by_type"
BY_SUBJECT: Final = "by_subject"

INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    # Partial: items of release 0.2.0 have no mark.
    FeedItem.collection: [
        IndexModel([("mark", 1)], name="marks", partialFilterExpression={"mark": {"$gt": 0}}),
        # The events of one area, each with its place: `_id` before `type`, so that a stretch of the feed is one range.
        IndexModel([("area", 1), ("_id", 1), ("type", 1)], name=BY_AREA),
        IndexModel([("type", 1), ("_id", 1)], name=BY_TYPE),
        IndexModel([("subject", 1), ("_id", 1)], name=BY_SUBJECT),
    ],
    FeedHead.collection: [],
}
