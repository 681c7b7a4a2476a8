"""The collections of the feed, which the sequencer writes, see `services.gateway.projection.feed`."""

from collections.abc import Mapping, Sequence
from typing import Final

from pymongo import IndexModel

from services.gateway.projection.feed import FeedHead, FeedItem

INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    # Partial: items of release 0.2.0 have no mark.
    FeedItem.collection: [IndexModel([("mark", 1)], name="marks", partialFilterExpression={"mark": {"$gt": 0}})],
    FeedHead.collection: [],
}
