"""Open things without a timer: they get one, so that nothing stands still in silence (L1).

Release 0.2 set none for a draft, a served need and a suspended organisation, and its replicas drop the timer of one
that they take during an upgrade.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pymongo.database import Database

from shared.contracts.messages import Timer
from shared.engine.decide.schema import Document
from shared.engine.store.collections import TIMERS
from shared.engine.store.durability import DURABLE

EVERY: Final = timedelta(days=1)
"""From one look at all things to the next, by city time."""
BATCH: Final = 1_000
MAX_MILLIS: Final = 5_000


@dataclass
class Untimed:
    """A rule of the hourly pass (`shared.people.retention`) for one collection. It deletes nothing, and returns no ids.

    `is_open` takes the stored state, None where a thing is stored without one; `timer_of` returns the key and the timer
    of an id. There is no index by state, which every change would have to keep: all things are read, in the order of
    their ids.
    """

    collection: str
    is_open: Callable[[str | None], bool]
    timer_of: Callable[[str], tuple[str, Timer]]
    category: str = "untimed"
    _after: str = field(default="", init=False)
    _next: datetime | None = field(default=None, init=False)

    def delete_batch(self, database: Database[Document], now: datetime) -> Sequence[str] | None:
        """Give a timer to those of the next 1,000 things that are open and have none; None at the end of the pass."""
        if self._next is not None and now < self._next:
            return None
        rows = database[self.collection].find({"_id": {"$gt": self._after}}, {"state": 1})
        found = list(rows.sort("_id", 1).limit(BATCH).max_time_ms(MAX_MILLIS))
        self._after = found[-1]["_id"] if found else ""
        if not found:
            self._next = now + EVERY
            return None
        self._set_missing(database, [row["_id"] for row in found if self.is_open(row.get("state"))], now)
        return ()

    def _set_missing(self, database: Database[Document], ids: Sequence[str], now: datetime) -> None:
        timers = database.get_collection(TIMERS, write_concern=DURABLE)
        wanted = dict(map(self.timer_of, ids))
        kept = timers.find({"_id": {"$in": list(wanted)}}, {"_id": 1}).max_time_ms(MAX_MILLIS)
        for key in wanted.keys() - {row["_id"] for row in kept}:
            timer = wanted[key]
            # Due now: its handler finds the deadline and sets the timer for it. Where another has been set meanwhile,
            # that one stays.
            row: Document = {"due": now, "type": timer.type, "data": timer.model_dump(mode="json")}
            row |= {"correlation": "", "traceparent": "", "attempts": 0}
            timers.update_one({"_id": key}, {"$setOnInsert": row}, upsert=True)
