"""L2: effects happen once. Keys, cursors, versions, and that all who follow a need have come to the same."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from pymongo.collection import Collection

from deploy.lianshan.laws.stores import MOST, SERVICES, STREAM, Document, Stores, side_by_side, sorted_by_id

_NEED: Final = "/stations/need"
_LINK: Final = "/charity/link"
_STAFFING: Final = "/volunteering/staffing"
_OURS: Final = re.compile(
    r'\{"specversion":"1\.0","id":"([^"\\]+)","source":"([^"\\]+)","type":"[^"\\]+","subject":"([^"\\]+)",'
    r'"time":"[^"\\]+",(?:"datacontenttype":"[^"\\]*",)?(?:"dataschema":"[^"\\]*",)?"sequence":"(\d+)"'
)
"""How our own events begin; any other is read as JSON."""


@dataclass(slots=True)
class Heard:
    """How many events of one kind about one thing the feed has, and the lowest and highest version among them."""

    count: int
    lowest: int
    highest: int


@dataclass
class Feed:
    """What one pass over the feed, or over its newest part, has seen."""

    last: int = 0
    wrong: list[str] = field(default_factory=list)
    heard: dict[tuple[str, str], Heard] = field(default_factory=dict)
    _keys: set[int] = field(default_factory=set)

    def add(self, item: Document) -> None:
        """The next item, in the order of cursors."""
        if item["cursor"] != self.last + 1:
            self._note(f"the feed goes from cursor {self.last} to {item['cursor']}")
        self.last = item["cursor"]
        event_id, source, subject, version = _read(item["event"])
        key = hash((source, event_id))
        if key in self._keys:
            self._note(f"the feed has {source}#{event_id} twice")
        self._keys.add(key)
        about = self.heard.get((source, subject))
        if about is None:
            self.heard[source, subject] = Heard(1, version, version)
            return
        about.count += 1
        about.lowest = min(about.lowest, version)
        about.highest = max(about.highest, version)

    def highest(self, source: str, subject: str, otherwise: int = 0) -> int:
        """The highest version that was said; `otherwise` where nothing was."""
        known = self.heard.get((source, subject))
        return known.highest if known else otherwise

    def _note(self, words: str) -> None:
        if len(self.wrong) < MOST:
            self.wrong.append(words)


def effects_happen_once(stores: Stores, newest: int | None = None) -> Iterator[str]:
    """Breaches of L2 in words.

    Of the feed the `newest` events are read, all by default; the cursors of all are counted in any case. What is read
    is remembered: some 300 bytes an event.
    """
    for service in SERVICES:
        yield from repeated_keys(stores, service)
    head = (stores.collection("gateway", "feed_head").find_one({}) or {"last": 0})["last"]
    skipped = 0 if newest is None else max(0, head - newest)
    yield from _gap(stores.collection("gateway", "feed"), skipped)
    feed = read_feed(stores, skipped)
    yield from feed.wrong
    if head != feed.last:
        yield f"the feed's head says {head}, its last item is {feed.last}"
    yield from islice(_versions_of_links(feed, whole=not skipped), MOST)
    yield from islice(_not_agreed(stores, feed, whole=not skipped), MOST)


def repeated_keys(stores: Stores, service: str) -> Iterator[str]:
    """Messages whose effects were committed more than once, within one batch or over several."""
    inbox = stores.collection(service, "inbox")
    # A unique index keeps two documents apart, and leaves only one key twice within one document to look for.
    twice: Document = {"$ne": [{"$size": "$keys"}, {"$size": {"$setUnion": ["$keys"]}}]}
    unique = any(index.get("unique") and "keys" in index["key"] for index in inbox.list_indexes())
    pipeline: list[Document] = [
        *([{"$match": {"$expr": twice}}] if unique else []),
        {"$project": {"keys": 1}},
        {"$unwind": "$keys"},
        {"$group": {"_id": {"doc": "$_id", "key": "$keys"} if unique else {"key": "$keys"}, "times": {"$sum": 1}}},
        {"$match": {"times": {"$gt": 1}}},
        {"$limit": MOST},
    ]
    for row in inbox.aggregate(pipeline, allowDiskUse=True):
        yield f"{service} has handled {row['_id']['key']} {row['times']} times"


def read_feed(stores: Stores, skipped: int = 0) -> Feed:
    """One pass, in order, over what comes after the cursor `skipped`."""
    feed = Feed(last=skipped)
    items = (
        stores.collection("gateway", "feed")
        .find({"_id": {"$gt": f"{skipped:016}"}}, {"_id": 0, "cursor": 1, "event": 1}, batch_size=STREAM)
        .sort("_id", 1)
    )
    for item in items:
        feed.add(item)
    return feed


def _gap(items: Collection[Document], upto: int) -> Iterator[str]:
    """Where the first `upto` cursors are not all there. The server counts its index."""
    low, high = 0, upto
    if _between(items, low, high) == high - low:
        return
    while high - low > 1:
        middle = (low + high) // 2
        if _between(items, low, middle) != middle - low:
            high = middle
        else:
            low = middle
    yield f"the feed lacks cursor {high}"


def _between(items: Collection[Document], low: int, high: int) -> int:
    return items.count_documents({"_id": {"$gt": f"{low:016}", "$lte": f"{high:016}"}}, hint="_id_") if high else 0


def _read(text: str) -> tuple[str, str, str, int]:
    found = _OURS.match(text)
    if found is not None:
        return found[1], found[2], found[3], int(found[4])
    event: dict[str, Any] = json.loads(text)
    return str(event["id"]), str(event["source"]), str(event["subject"]), int(event["sequence"])


def _versions_of_links(feed: Feed, *, whole: bool) -> Iterator[str]:
    # Charity says every version of a link, so none may be missing between the first and the highest.
    for (source, subject), heard in feed.heard.items():
        expected = heard.highest if whole else heard.highest - heard.lowest + 1
        if source == _LINK and heard.count != expected:
            yield f"the feed has {heard.count} events about the link of {subject}, its version is {heard.highest}"


def _not_agreed(stores: Stores, feed: Feed, *, whole: bool) -> Iterator[str]:
    needs = sorted_by_id(
        stores.collection("stations", "needs"),
        {"announced": 1, "state": 1, "link_version": 1, "staffing_version": 1},
    )
    links = sorted_by_id(stores.collection("charity", "links"), {"version": 1})
    fields = {"seen": 1, "state": 1, "link_seen": 1, "staffing_seen": 1}
    views = sorted_by_id(stores.collection("gateway", "needs"), fields)
    for _, (need, link, view) in side_by_side(needs, links, views):
        if need is not None:
            yield from _disagreements(need, link or {}, view or {}, feed, whole=whole)


def _disagreements(need: Document, link: Document, seen: Document, feed: Feed, *, whole: bool) -> Iterable[str]:
    # What was said longer ago than the feed was read is known by the view, which is written with the feed's item.
    name = need["_id"]
    linked, staffed = link.get("version", 0), seen.get("staffing_seen", 0)
    staffing_said = feed.highest(_STAFFING, name, 0 if whole else staffed)
    pairs = (
        ("the feed's need", feed.highest(_NEED, name, 0 if whole else seen.get("seen", 0)), need.get("announced", 0)),
        ("the feed's link", feed.highest(_LINK, name, 0 if whole else seen.get("link_seen", 0)), linked),
        ("its station's link", need.get("link_version", 0), linked),
        ("its station's staffing", need.get("staffing_version", 0), staffing_said),
        ("the gateway's need", seen.get("seen", 0), need.get("announced", 0)),
        ("the gateway's link", seen.get("link_seen", 0), linked),
        ("the gateway's staffing", staffed, staffing_said),
    )
    for what, known, true in pairs:
        if known != true:
            yield f"need {name}: {what} is at version {known}, its owner's at {true}"
    if seen.get("state") != need.get("state", "draft"):
        yield f"need {name}: the gateway shows {seen.get('state')}, its station has {need.get('state', 'draft')}"
