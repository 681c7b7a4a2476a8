"""Retention of the feed: of old events, the last about each subject stays, and the ones before it are deleted.

An event is deleted where a later one of the same source about the same subject has a `sequence` at least as high. So a
reader of the remaining events ends with the same last state of each subject.

`swept` in the head is announced first, and events up to it are deleted in a later pass: by then every reader refuses
cursors before it, also one that was searching a page.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from pymongo.collection import Collection
from pymongo.database import Database

from services.gateway.deliveries.records import WEBHOOKS
from services.gateway.features.feed.view import BY_SUBJECT
from services.gateway.following.registry import durable
from services.gateway.following.state import Partition, ViewState
from services.gateway.projection.feature import PARTITIONS
from services.gateway.projection.feed import FEED, FeedHead, FeedItem, feed_id, first_mark
from shared.contracts.envelope import read_event
from shared.engine.decide.schema import Document
from shared.engine.store.durability import DURABLE
from shared.runtime.control import read_store_time
from shared.runtime.metrics import count_retired

GRACE: Final = timedelta(minutes=1)
"""The time between the announcement and the deletion: longer than any page of the feed is searched."""
MOST_EVENTS: Final = 200
"""Events that one batch looks at."""
MOST_SEARCHED: Final = 1_000
"""Events by time among which the first in the order of the feed is taken: the two orders nearly agree."""
MAX_MILLIS: Final = 30_000


class Told(NamedTuple):
    """An event as the sweep sees it. `about` is its source and subject."""

    cursor: int
    about: tuple[str, str]
    sequence: int


def find_superseded(events: Iterable[Told], latest: Mapping[tuple[str, str], Told]) -> list[int]:
    """Return the cursors of the events that a later one replaces; `latest` has the last event about each.

    An event of a higher sequence than the last one stays: it came out of order, and holds the newer state.
    """
    return [
        event.cursor
        for event in events
        if event.cursor < latest[event.about].cursor and event.sequence <= latest[event.about].sequence
    ]


@dataclass(frozen=True)
class OldEvents:
    """The events older than `days` that a later one about their subject replaces; of 0 days none."""

    days: int
    category: str = "feed"

    def delete_batch(self, database: Database[Document], now: datetime) -> Sequence[str] | None:
        """Delete among the next MOST_EVENTS announced, or announce more; their ids are not recorded. See Rule."""
        if not self.days:
            return None
        store = durable(database).with_options(write_concern=DURABLE)
        row = store[FeedHead.collection].find_one({"_id": FEED}, max_time_ms=MAX_MILLIS)
        if row is None or (sweep := _Sweep(store, FeedHead.from_document(row))).lacks_subjects():
            return None
        if sweep.is_due():
            count_retired(self.category, sweep.delete())
            return ()
        sweep.announce(now - timedelta(days=self.days))
        return None


class _Sweep:
    """The feed with its head as it was just now."""

    def __init__(self, database: Database[Document], head: FeedHead) -> None:
        self._database = database
        self._items: Collection[Document] = database[FeedItem.collection]
        self._head = head
        self._bound = find_bound(database, head.last)

    def lacks_subjects(self) -> bool:
        """Return whether events of release 0.2.0 are still to be migrated: they would not be found as later ones."""
        if BY_SUBJECT not in self._items.index_information():
            return True
        return self._items.find_one({"subject": None}, {"_id": 1}, hint=BY_SUBJECT, max_time_ms=MAX_MILLIS) is not None

    def is_due(self) -> bool:
        """Return whether announced events may be deleted now."""
        head = self._head
        if head.swept_at is None or min(head.swept, self._bound) <= head.cleared:
            return False
        return read_store_time(self._database) >= head.swept_at.replace(tzinfo=UTC) + GRACE

    def delete(self) -> int:
        """Delete the events replaced among the next announced ones; return their number."""
        upto = min(self._head.swept, self._bound)
        rule: Document = {"_id": {"$gt": feed_id(self._head.cleared), "$lte": feed_id(upto)}}
        rows = self._items.find(rule).sort("_id", 1).limit(MOST_EVENTS).max_time_ms(MAX_MILLIS)
        events = [_told(row) for row in rows]
        gone = find_superseded(events, self._find_latest({event.about for event in events}))
        if gone:
            self._items.delete_many({"_id": {"$in": [feed_id(cursor) for cursor in gone]}})
        end = events[-1].cursor if len(events) == MOST_EVENTS else upto
        self._database[FeedHead.collection].update_one({"_id": FEED}, {"$max": {"cleared": end}})
        return len(gone)

    def _find_latest(self, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], Told]:
        by_type: list[Document] = [
            {"$match": {"subject": {"$in": sorted({subject for _, subject in wanted})}}},
            {"$group": {"_id": {"subject": "$subject", "type": "$type"}, "last": {"$max": "$_id"}}},
        ]
        found = self._items.aggregate(by_type, hint=BY_SUBJECT, maxTimeMS=MAX_MILLIS)
        last: dict[tuple[str, str], str] = {}
        for row in found:
            about = (source_of(row["_id"]["type"]), row["_id"]["subject"])
            last[about] = max(row["last"], last.get(about, ""))
        ids = [last[about] for about in wanted]
        rows = self._items.find({"_id": {"$in": ids}}, max_time_ms=MAX_MILLIS)
        return {event.about: event for event in map(_told, rows)}

    def announce(self, before: datetime) -> None:
        """Have readers refuse cursors from which on events older than that time are to be deleted."""
        edge = min(self._find_edge(before), self._bound)
        if edge > self._head.swept:
            change = {"$max": {"swept": edge}, "$currentDate": {"swept_at": True}}
            self._database[FeedHead.collection].update_one({"_id": FEED}, change)

    def _find_edge(self, before: datetime) -> int:
        """Return the position up to which the events are older; 0 where none are."""
        rule = {"mark": {"$gte": first_mark(before)}}
        by_time = self._items.find(rule, {"_id": 0, "cursor": 1}).sort("mark", 1).limit(MOST_SEARCHED)
        cursors = [row["cursor"] for row in by_time.max_time_ms(MAX_MILLIS)]
        edge = min(cursors) - 1 if cursors else self._head.last
        row = self._items.find_one(
            {"_id": {"$lte": feed_id(edge)}}, {"mark": 1, "event": 1}, sort=[("_id", -1)], max_time_ms=MAX_MILLIS
        )
        if row is None:
            return 0
        # Events of release 0.2.0 have no mark: all stand before those with one, and the last of them is the youngest.
        return edge if row.get("mark", 0) > 0 or read_event(row["event"]).instant < before else 0


def find_bound(database: Database[Document], last: int) -> int:
    """Return the position up to which all views, also those being built, and all active webhooks have come."""
    parts = [Partition.from_document(row) for row in database[Partition.collection].find(max_time_ms=MAX_MILLIS)]
    states = [ViewState.from_document(row) for row in database[ViewState.collection].find(max_time_ms=MAX_MILLIS)]
    if len(parts) < PARTITIONS:
        return 0
    lanes = [part.lanes.get(lane.name, 0) for part in parts for state in states for lane in state.wanted]
    slowest = database[WEBHOOKS].find_one(
        {"state": "active"}, {"position": 1}, sort=[("position", 1)], max_time_ms=MAX_MILLIS
    )
    return min([last, *lanes, *([] if slowest is None else [int(slowest["position"])])])


def source_of(event_type: str) -> str:
    """Return the kind of thing that sends events of that type: `stations.need` of `stations.need.published`."""
    return ".".join(event_type.split(".", 2)[:2])


def _told(row: Document) -> Told:
    event = json.loads(row["event"])
    return Told(row["cursor"], (source_of(row["type"]), row["subject"]), int(event["sequence"]))
