"""The length of the feed, counted for the metrics."""

from datetime import datetime
from typing import Final

from pymongo.database import Database

from services.gateway.projection.feed import FEED, FeedHead
from shared.engine import Census
from shared.engine.decide.schema import Document

MAX_MILLIS: Final = 5_000


def feed_cursor(store: Database[Document], _: datetime) -> dict[str, float]:
    """Return the last cursor given, 0 for an empty feed."""
    head = store[FeedHead.collection].find_one({"_id": FEED}, {"last": 1}, max_time_ms=MAX_MILLIS)
    return {"": 0.0 if head is None else head["last"]}


CENSUSES: Final = (Census("lianshan_feed_cursor", "The last cursor that the feed has given.", feed_cursor),)
