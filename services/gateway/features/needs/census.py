"""Needs that are open or overdue, counted for the metrics.

Counted here and not at the stations: the views have the indexes for it, the stations' hot path has none.
"""

from datetime import datetime
from typing import Final

from pymongo.database import Database

from services.gateway.features.needs.view import NeedView
from services.gateway.following.counting import live
from shared.engine import Census
from shared.engine.decide.schema import Document

OPEN: Final = ("draft", "assessed", "published", "ready", "in_service", "served")
UNDER_WAY: Final = ("published", "ready", "in_service")
MOST_COUNTED: Final = 100_000
MAX_MILLIS: Final = 5_000
"""Milliseconds that the store may take over one count."""

Store = Database[Document]


def open_needs(store: Store, _: datetime) -> dict[str, float]:
    """Return the number of needs that have not come to their end, by state; of at most MOST_COUNTED."""
    pipeline: list[Document] = [
        {"$match": {"state": {"$in": OPEN}}},
        {"$limit": MOST_COUNTED},
        {"$group": {"_id": "$state", "needs": {"$sum": 1}}},
    ]
    rows = live(store, "needs", NeedView.collection).aggregate(pipeline, hint="state", maxTimeMS=MAX_MILLIS)
    return {**dict.fromkeys(OPEN, 0.0), **{row["_id"]: row["needs"] for row in rows}}


def overdue_needs(store: Store, now: datetime) -> dict[str, float]:
    """Return the number of published needs whose due time is over and that are not served."""
    # The due time is stored as the station wrote it, in any time zone; one that cannot be read is not overdue.
    due = {"$dateFromString": {"dateString": "$need.due", "onError": now, "onNull": now}}
    pipeline: list[Document] = [
        {"$match": {"state": {"$in": UNDER_WAY}}},
        {"$limit": MOST_COUNTED},
        {"$match": {"$expr": {"$lt": [due, now]}}},
        {"$count": "needs"},
    ]
    rows = live(store, "needs", NeedView.collection).aggregate(pipeline, hint="state", maxTimeMS=MAX_MILLIS)
    return {"": next((row["needs"] for row in rows), 0.0)}


CENSUSES: Final = (
    Census("lianshan_needs_open", "Needs that have not come to their end.", open_needs, "state"),
    Census("lianshan_needs_overdue", "Published needs that are past their due time and not served.", overdue_needs),
)
