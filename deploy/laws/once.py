"""L2: effects happen once. Keys, cursors, versions, and that all who follow a need have come to the same."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from deploy.laws.stores import MOST, SERVICES, Document, Stores, by_id, chunks

_NEED: Final = "/stations/need"
_LINK: Final = "/charity/link"
_STAFFING: Final = "/volunteering/staffing"


@dataclass(slots=True)
class Heard:
    """How many events of one kind about one thing the feed has, and the highest version among them."""

    count: int = 0
    highest: int = 0


@dataclass
class Feed:
    """What one pass over the feed has seen."""

    last: int = 0
    wrong: list[str] = field(default_factory=list)
    heard: dict[tuple[str, str], Heard] = field(default_factory=dict)
    _keys: set[int] = field(default_factory=set)

    def add(self, item: Document) -> None:
        """The next item, in the order of cursors."""
        if item["cursor"] != self.last + 1:
            self._note(f"the feed goes from cursor {self.last} to {item['cursor']}")
        self.last = item["cursor"]
        event = json.loads(item["event"])
        key = hash((event["source"], event["id"]))
        if key in self._keys:
            self._note(f"the feed has {event['source']}#{event['id']} twice")
        self._keys.add(key)
        about = self.heard.setdefault((event["source"], event["subject"]), Heard())
        about.count += 1
        about.highest = max(about.highest, int(event["sequence"]))

    def highest(self, source: str, subject: str) -> int:
        """The highest version that was said; 0 where nothing was."""
        known = self.heard.get((source, subject))
        return known.highest if known else 0

    def _note(self, words: str) -> None:
        if len(self.wrong) < MOST:
            self.wrong.append(words)


def effects_happen_once(stores: Stores) -> Iterator[str]:
    """Breaches of L2 in words."""
    for service in SERVICES:
        yield from repeated_keys(stores, service)
    feed = read_feed(stores)
    yield from feed.wrong
    yield from _head(stores, feed)
    yield from islice(_versions_of_links(feed), MOST)
    yield from islice(_not_agreed(stores, feed), MOST)


def repeated_keys(stores: Stores, service: str) -> Iterator[str]:
    """Messages whose effects were committed more than once, within one batch or over several."""
    pipeline: list[Document] = [
        {"$project": {"keys": 1}},
        {"$unwind": "$keys"},
        {"$group": {"_id": "$keys", "times": {"$sum": 1}}},
        {"$match": {"times": {"$gt": 1}}},
        {"$limit": MOST},
    ]
    for row in stores.collection(service, "inbox").aggregate(pipeline, allowDiskUse=True):
        yield f"{service} has handled {row['_id']} {row['times']} times"


def read_feed(stores: Stores) -> Feed:
    """One pass, in order."""
    feed = Feed()
    items = stores.collection("gateway", "feed").find({}, {"cursor": 1, "event": 1}, batch_size=1000).sort("_id", 1)
    for item in items:
        feed.add(item)
    return feed


def _head(stores: Stores, feed: Feed) -> Iterator[str]:
    head = stores.collection("gateway", "feed_head").find_one({}) or {"last": 0}
    if head["last"] != feed.last:
        yield f"the feed's head says {head['last']}, its last item is {feed.last}"


def _versions_of_links(feed: Feed) -> Iterator[str]:
    # Charity says every version of a link, so none may be missing between the first and the highest.
    for (source, subject), heard in feed.heard.items():
        if source == _LINK and heard.count != heard.highest:
            yield f"the feed has {heard.count} events about the link of {subject}, its version is {heard.highest}"


def _not_agreed(stores: Stores, feed: Feed) -> Iterator[str]:
    needs = stores.collection("stations", "needs").find(
        {}, {"announced": 1, "state": 1, "link_version": 1, "staffing_version": 1}, batch_size=500
    )
    for part in chunks(needs):
        ids = [need["_id"] for need in part]
        links = by_id(stores.collection("charity", "links"), ids, {"version": 1})
        views = by_id(
            stores.collection("gateway", "needs"), ids, {"seen": 1, "state": 1, "link_seen": 1, "staffing_seen": 1}
        )
        for need in part:
            yield from _disagreements(need, links.get(need["_id"]), views.get(need["_id"]), feed)


def _disagreements(need: Document, link: Document | None, view: Document | None, feed: Feed) -> Iterable[str]:
    name = need["_id"]
    staffing_said = feed.highest(_STAFFING, name)
    seen = view or {}
    pairs = (
        ("the feed's need", feed.highest(_NEED, name), need.get("announced", 0)),
        ("the feed's link", feed.highest(_LINK, name), (link or {}).get("version", 0)),
        ("its station's link", need.get("link_version", 0), (link or {}).get("version", 0)),
        ("its station's staffing", need.get("staffing_version", 0), staffing_said),
        ("the gateway's need", seen.get("seen", 0), need.get("announced", 0)),
        ("the gateway's link", seen.get("link_seen", 0), (link or {}).get("version", 0)),
        ("the gateway's staffing", seen.get("staffing_seen", 0), staffing_said),
    )
    for what, known, true in pairs:
        if known != true:
            yield f"need {name}: {what} is at version {known}, its owner's at {true}"
    if seen.get("state") != need.get("state", "draft"):
        yield f"need {name}: the gateway shows {seen.get('state')}, its station has {need.get('state', 'draft')}"
