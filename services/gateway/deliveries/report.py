"""The state of all webhooks in figures, for operations. Synchronous: the operator's command reads it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pymongo.database import Database

from services.gateway.deliveries.records import DISABLED, ENDED, STOPPED, WEBHOOKS
from services.gateway.projection.feed import FEED, FIRST_EPOCH, FeedHead
from shared.engine.decide.schema import Document
from shared.engine.store.lease import HAS_LAPSED

MAX_MILLIS: Final = 10_000
MOST_LATE: Final = 10
"""Webhooks that are named."""
_STOPPED: Final = [ending.state for ending in (STOPPED, DISABLED, ENDED)]


@dataclass(frozen=True)
class WebhookReport:
    """The webhooks by number: active, of these without a worker, failing for long; and those that have stopped.

    `late` names active ones with a working endpoint, each with the events that it has still to read.
    """

    active: int
    unheld: int
    failing: int
    stopped: int
    late: dict[str, int]


def report_webhooks(
    database: Database[Document], *, behind: int, failing_for: timedelta, now: datetime
) -> WebhookReport:
    """Return the report: `late` from so many events behind the feed on. Raises PyMongoError."""
    rows = database[WEBHOOKS]

    def count(rule: Document) -> int:
        return rows.count_documents(rule, maxTimeMS=MAX_MILLIS)

    head = database[FeedHead.collection].find_one({"_id": FEED}, max_time_ms=MAX_MILLIS) or {"last": 0}
    works = {"state": "active", "failing_since": None, "epoch": head.get("epoch", FIRST_EPOCH)}
    late = rows.find({**works, "position": {"$lt": head["last"] - behind}}, {"position": 1}).sort("position", 1)
    return WebhookReport(
        active=count({"state": "active"}),
        unheld=count({"state": "active", **HAS_LAPSED}),
        failing=count({"state": "active", "failing_since": {"$lte": now - failing_for}}),
        stopped=count({"state": {"$in": _STOPPED}}),
        late={row["_id"]: head["last"] - row["position"] for row in late.limit(MOST_LATE).max_time_ms(MAX_MILLIS)},
    )
