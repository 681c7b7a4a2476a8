"""Which events of the feed a service has not handled: found by walking its inbox and the feed side by side.

Both are about in the order in which things happened, so that only what is out of step is remembered, however long
they are. An inbox forgets after INBOX_KEEPS; older events were handled long before.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo.database import Database

from deploy.lianshan.backup.under_way import Envelope, Row, read_envelope
from services.gateway.domain.cursors import feed_id
from shared.contracts.subscriptions import SUBSCRIPTIONS, binding_covers
from shared.engine.store.collections import INBOX, INBOX_KEEPS

AHEAD: Final = 50_000
"""So many keys of an inbox are read before their events are seen in the feed: two batches are far less apart."""
PAGE: Final = 1000
SAFETY: Final = timedelta(days=1)

Document = dict[str, Any]


def hears(service: str, event_type: str) -> bool:
    """Whether the service's queue is bound to it."""
    return any(binding_covers(binding, event_type) for binding in SUBSCRIPTIONS[service])


@dataclass
class Walk:
    """One service's inbox beside what it should have handled."""

    keys: Iterator[str]
    open: dict[str, Row] = field(default_factory=dict)
    """Events that the inbox has not shown yet."""
    _early: set[str] = field(default_factory=set)
    _ahead: int = 0

    def expect(self, key: str, row: Row) -> None:
        """The next event of the feed."""
        if key in self._early:
            self._early.discard(key)
        else:
            self.open[key] = row
        self._ahead -= 1
        while self._ahead < AHEAD and (known := next(self.keys, None)) is not None:
            self._ahead += 1
            if self.open.pop(known, None) is None:
                self._early.add(known)

    def finish(self) -> dict[str, Row]:
        """What the inbox has never shown, in the order of the feed."""
        for known in self.keys:
            self.open.pop(known, None)
        return self.open


def missing_of_feed(
    gateway: "Database[Document]", stores: "dict[str, Database[Document]]", moment: datetime
) -> dict[str, dict[str, Row]]:
    """By service, the events of the feed that it has not handled by `moment`, by key."""
    since = moment - INBOX_KEEPS + SAFETY
    walks = {service: Walk(event_keys(store)) for service, store in stores.items()}
    for event, body in _feed(gateway, since):
        for service, walk in walks.items():
            if hears(service, event.type):
                walk.expect(event.key, event.row(body))
    return {service: walk.finish() for service, walk in walks.items()}


def event_keys(store: "Database[Document]") -> Iterator[str]:
    """Of all events that the service has handled, about in that order."""
    for row in store[INBOX].find({}, {"keys": 1}, batch_size=PAGE).sort("_id", 1):
        yield from (key for key in row["keys"] if not key.startswith(("command:", "timer:")))


def handled(store: "Database[Document]", keys: Sequence[str]) -> set[str]:
    """Those of the events that the service has handled; slow before its inbox has indexes."""
    wanted = set(keys)
    return {key for key in event_keys(store) if key in wanted}


def _feed(gateway: "Database[Document]", since: datetime) -> Iterator[tuple[Envelope, bytes]]:
    first = _first_cursor(gateway, since)
    items: Iterable[Document] = (
        gateway["feed"].find({"_id": {"$gte": feed_id(first)}}, {"event": 1}, batch_size=PAGE).sort("_id", 1)
    )
    for item in items:
        if (event := read_envelope(item["event"])) is not None:
            yield event, item["event"].encode()


def _first_cursor(gateway: "Database[Document]", since: datetime) -> int:
    """Of about the first event that happened since; cursors have no gaps, so halving finds it."""
    head = gateway["feed_head"].find_one({}) or {"last": 0}
    low, high = 1, int(head["last"]) + 1
    while low < high:
        middle = (low + high) // 2
        item = gateway["feed"].find_one({"_id": feed_id(middle)}, {"event": 1})
        event = None if item is None else read_envelope(item["event"])
        if event is not None and event.time < since:
            low = middle + 1
        else:
            high = middle
    return low
