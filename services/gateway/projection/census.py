"""How the needs stand, counted from the projections: they have the indexes for it, the stations' hot path has none."""

from datetime import datetime
from typing import Any, Final

from pymongo.database import Database

from services.gateway.projection.views import FeedHead, NeedView
from shared.engine.observe.census import Census

OPEN: Final = ("draft", "assessed", "published", "ready", "in_service", "served")
ON_THE_WAY: Final = ("published", "ready", "in_service")
MOST_COUNTED: Final = 100_000
MAX_MILLIS: Final = 5_000

Store = Database[dict[str, Any]]


def open_needs(store: Store, _: datetime) -> dict[str, float]:
    """Needs that have not come to their end, by state."""
    pipeline: list[dict[str, Any]] = [
        {"$match": {"state": {"$in": OPEN}}},
        {"$limit": MOST_COUNTED},
        {"$group": {"_id": "$state", "needs": {"$sum": 1}}},
    ]
    rows = store[NeedView.collection].aggregate(pipeline, hint="state", maxTimeMS=MAX_MILLIS)
    return {**dict.fromkeys(OPEN, 0.0), **{row["_id"]: row["needs"] for row in rows}}


def overdue_needs(store: Store, now: datetime) -> dict[str, float]:
    """Published needs whose due time is over and that are not served."""
    due = {"$dateFromString": {"dateString": "$need.due", "onError": now, "onNull": now}}
    pipeline: list[dict[str, Any]] = [
        {"$match": {"state": {"$in": ON_THE_WAY}}},
        {"$limit": MOST_COUNTED},
        {"$match": {"$expr": {"$lt": [due, now]}}},
        {"$count": "needs"},
    ]
    rows = store[NeedView.collection].aggregate(pipeline, hint="state", maxTimeMS=MAX_MILLIS)
    return {"": next((row["needs"] for row in rows), 0.0)}


def feed_cursor(store: Store, _: datetime) -> dict[str, float]:
    """The last cursor that was given."""
    head = store[FeedHead.collection].find_one({"_id": "feed"}, {"last": 1}, max_time_ms=MAX_MILLIS)
    return {"": 0.0 if head is None else head["last"]}


CENSUSES: Final = (
    Census("lianshan_needs_open", "Needs that have not come to their end.", open_needs, "state"),
    Census("lianshan_needs_overdue", "Published needs that are past their due time and not served.", overdue_needs),
    Census("lianshan_feed_cursor", "The last cursor that the feed has given.", feed_cursor),
)
