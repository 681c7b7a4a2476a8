"""Timers that fail again and again: found in the stores before they are given up as dead letters."""

from dataclasses import dataclass
from typing import Final

from deploy.lianshan.stores import SERVICES, Stores
from shared.engine.store.collections import TIMERS
from shared.engine.store.timers import COUNT_MILLIS, MOST_COUNTED

AGAIN: Final = 2
"""Failures in a row from which on a timer is shown: a single one may be a moment's trouble."""


@dataclass(frozen=True)
class FailingTimers:
    """The timers of one type that fail again and again, 10,000 at most."""

    service: str
    type: str
    count: int

    def to_json(self) -> dict[str, str | int]:
        """Return it as `--json` prints it."""
        return {"service": self.service, "type": self.type, "count": self.count}


def find_failing(stores: Stores) -> list[FailingTimers]:
    """Return the timers that have failed at least twice in a row, by service and type."""
    found: list[FailingTimers] = []
    for service in SERVICES:
        pipeline: list[dict[str, object]] = [
            {"$match": {"attempts": {"$gte": AGAIN}}},
            {"$limit": MOST_COUNTED},
            {"$group": {"_id": "$type", "count": {"$sum": 1}}},
            {"$sort": {"_id": 1}},
        ]
        rows = stores.collection(service, TIMERS).aggregate(pipeline, maxTimeMS=COUNT_MILLIS)
        found += [FailingTimers(service, row["_id"], row["count"]) for row in rows]
    return found
