"""Open needs without a timer: they get one, so that nothing stands still in silence (L1).

Release 0.2 set none for a draft and a served need, and its replicas drop the timer of one that they take during an
upgrade.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pymongo.database import Database

from services.stations.needs.domain.due_time import NeedDue, key_of_timer
from services.stations.needs.domain.need import Need
from shared.contracts.stations.needs import ENDED
from shared.engine.decide.schema import Document
from shared.engine.store.collections import TIMERS
from shared.engine.store.durability import DURABLE
from shared.people.retention import MAX_MILLIS

EVERY: Final = timedelta(days=1)
"""From one look at all needs to the next, by city time."""
BATCH: Final = 1_000


@dataclass
class UntimedNeeds:
    """A rule of the hourly pass (`shared.people.retention`). It deletes nothing, and so returns no ids.

    Needs have no index by state, which every answer would have to keep: all are read, in the order of their ids.
    """

    category: str = "untimed_needs"
    _after: str = field(default="", init=False)
    _next: datetime | None = field(default=None, init=False)

    def delete_batch(self, database: Database[Document], now: datetime) -> Sequence[str] | None:
        """Give a timer to those of the next 1,000 needs that are open and have none; None at the end of the pass."""
        if self._next is not None and now < self._next:
            return None
        rows = database[Need.collection].find({"_id": {"$gt": self._after}}, {"state": 1})
        found = list(rows.sort("_id", 1).limit(BATCH).max_time_ms(MAX_MILLIS))
        self._after = found[-1]["_id"] if found else ""
        if not found:
            self._next = now + EVERY
            return None
        # A draft is stored without its state, the default.
        self._set_missing(database, [row["_id"] for row in found if row.get("state", "draft") not in ENDED], now)
        return ()

    def _set_missing(self, database: Database[Document], open_needs: Sequence[str], now: datetime) -> None:
        timers = database.get_collection(TIMERS, write_concern=DURABLE)
        keys = {key_of_timer(need_id): need_id for need_id in open_needs}
        kept = timers.find({"_id": {"$in": list(keys)}}, {"_id": 1}).max_time_ms(MAX_MILLIS)
        for key in keys.keys() - {row["_id"] for row in kept}:
            data = NeedDue(need_id=keys[key]).model_dump(mode="json")
            # Due now: its handler finds the deadline and sets the timer for it. Where another has been set meanwhile,
            # that one stays.
            row: Document = {"due": now, "type": NeedDue.type, "data": data, "correlation": "", "traceparent": ""}
            timers.update_one({"_id": key}, {"$setOnInsert": {**row, "attempts": 0}}, upsert=True)
