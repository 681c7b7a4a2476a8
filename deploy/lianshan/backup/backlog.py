"""The backlog of a service: the events of the feed that it has not handled, found by walking inbox and feed together.

Both are about in the order in which things happened, so that only the events out of step take memory, however long the
two are. An inbox forgets: the walk begins where the service stood, however long it has been away. Events that were
handled and are forgotten may be delivered again by that, and change nothing (see `EVENTS_KEPT`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from deploy.lianshan.backup.events import Envelope, EventRow, read_envelope
from deploy.lianshan.stores import Document, Store
from services.gateway.declaration import feed_id
from shared.contracts.subscriptions import SUBSCRIPTIONS, binding_covers
from shared.engine.store.collections import INBOX, INBOX_KEEPS

AHEAD: Final = 50_000
"""Keys of an inbox that are read before their events are met in the feed: two batches are far less apart."""
PAGE: Final = 1000
LATEST: Final = 1000
"""Rows of an inbox by which the standing of its service is found: replicas do not handle events in order."""
GATEWAY: Final = "gateway"
SAFETY: Final = timedelta(days=1)
"""Inboxes forget a little late and clocks differ: so much of the feed that they might still know is left out."""

Backlog = dict[str, EventRow]
"""Events by their inbox keys."""


def is_subscribed(service: str, event_type: str) -> bool:
    """Return whether the service's queue is bound to events of the type."""
    return any(binding_covers(binding, event_type) for binding in SUBSCRIPTIONS[service])


@dataclass
class Walk:
    """One service's inbox beside the events that it should have handled."""

    keys: Iterator[str]
    open: Backlog = field(default_factory=dict)
    """Events whose key has not been met in the inbox yet."""
    _early: set[str] = field(default_factory=set)
    _ahead: int = 0

    def expect(self, key: str, row: EventRow) -> None:
        """Take the next event of the feed."""
        if key in self._early:
            self._early.discard(key)
        else:
            self.open[key] = row
        self._ahead -= 1
        while self._ahead < AHEAD and (known := next(self.keys, None)) is not None:
            self._ahead += 1
            if self.open.pop(known, None) is None:
                self._early.add(known)

    def finish(self) -> Backlog:
        """Return the events that the inbox does not know, in the order of the feed."""
        for known in self.keys:
            self.open.pop(known, None)
        return self.open


def find_backlogs(gateway: Store, stores: dict[str, Store], moment: datetime) -> dict[str, Backlog]:
    """Return by service the events of the feed that it had not handled by `moment`."""
    # The gateway has handled all that is in its feed.
    others = {service: store for service, store in stores.items() if service != GATEWAY}
    walks = {service: Walk(read_event_keys(store)) for service, store in others.items()}
    starts = {service: find_start(store, moment) for service, store in others.items()}
    for event, body in _read_feed(gateway, min(starts.values(), default=moment)):
        for service, walk in walks.items():
            if event.time >= starts[service] and is_subscribed(service, event.type):
                walk.expect(event.key, event.row(body))
    return {GATEWAY: {}, **{service: walk.finish() for service, walk in walks.items()}}


def find_start(store: Store, moment: datetime) -> datetime:
    """Return the instant before which the service has handled every event: those behind it, it may lack.

    By its latest rows about events: the earlier of the oldest event in them and the beginning of the time that they are
    kept. A service that has no such row, because it was away or heard nothing for longer, may lack all of INBOX_KEEPS.
    """
    rows = list(store[INBOX].find({"until": {"$exists": True}}, {"keys": 0}).sort("_id", -1).limit(LATEST))
    if not rows:
        return moment - INBOX_KEEPS + SAFETY
    times: list[datetime] = [row["since"] if "since" in row else row["at"] for row in rows]
    kept: list[timedelta] = [row["until"] - row["at"] for row in rows]
    return min(min(times) - SAFETY, moment - min(kept) + SAFETY)


def read_event_keys(store: Store) -> Iterator[str]:
    """Yield the keys of all events that the service has handled, about in that order."""
    for row in store[INBOX].find({}, {"keys": 1}, batch_size=PAGE).sort("_id", 1):
        yield from (key for key in row["keys"] if not key.startswith(("command:", "timer:")))


def find_handled(store: Store, keys: Sequence[str]) -> set[str]:
    """Return the keys of the events that the service has handled. Reads its whole inbox: no index stands yet."""
    wanted = set(keys)
    return {key for key in read_event_keys(store) if key in wanted}


def _read_feed(gateway: Store, since: datetime) -> Iterator[tuple[Envelope, bytes]]:
    first = _find_first_cursor(gateway, since)
    items: Iterable[Document] = (
        gateway["feed"].find({"_id": {"$gte": feed_id(first)}}, {"event": 1}, batch_size=PAGE).sort("_id", 1)
    )
    for item in items:
        if (event := read_envelope(item["event"])) is not None:
            yield event, item["event"].encode()


def _find_first_cursor(gateway: Store, since: datetime) -> int:
    """Return the cursor of about the first event since then. Halving finds it, also among swept ones."""
    head = gateway["feed_head"].find_one({}) or {"last": 0}
    low, high = 1, int(head["last"]) + 1
    while low < high:
        middle = (low + high) // 2
        item = gateway["feed"].find_one({"_id": {"$gte": feed_id(middle)}}, {"event": 1}, sort=[("_id", 1)])
        event = None if item is None else read_envelope(item["event"])
        if event is not None and event.time < since:
            low = middle + 1
        else:
            high = middle
    return low
