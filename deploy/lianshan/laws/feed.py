"""One pass over the gateway's feed: its order, its repetitions, and the versions of each subject of its events.

It takes about 300 bytes of memory for each event that is read.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Final

from deploy.lianshan.laws.streams import MAX_BREACHES, STREAM
from deploy.lianshan.stores import Document, Stores
from shared.contracts.reasons import Reason, reason

_OURS: Final = re.compile(
    r'\{"specversion":"1\.0","id":"([^"\\]+)","source":"([^"\\]+)","type":"[^"\\]+","subject":"([^"\\]+)",'
    r'"time":"[^"\\]+",(?:"datacontenttype":"[^"\\]*",)?(?:"dataschema":"[^"\\]*",)?"sequence":"(\d+)"'
)
"""The beginning of our own events. Parsing each as JSON would be most of the time of a check; others are parsed so."""


@dataclass(slots=True)
class Versions:
    """The events of one source about one subject: their number, and the lowest and the highest version."""

    count: int
    lowest: int
    highest: int


@dataclass
class Feed:
    """The feed, or its newest part, as one pass has read it. `wrong` holds at most MAX_BREACHES breaches."""

    last: int = 0
    """The cursor of the last item."""
    swept: int = 0
    """The position up to which the feed keeps the last event about each subject alone."""
    wrong: list[Reason] = field(default_factory=list)
    versions: dict[tuple[str, str], Versions] = field(default_factory=dict)
    """By source and subject."""
    _keys: set[int] = field(default_factory=set)

    def add(self, item: Document) -> None:
        """Take the next item, in the order of cursors."""
        if item["cursor"] != self.last + 1 and item["cursor"] > self.swept + 1:
            self._note(reason("feed_skips", last=self.last, cursor=item["cursor"]))
        self.last = item["cursor"]
        event_id, source, subject, version = _parse(item["event"])
        # The hash takes less memory than the key. Of ten million keys two collide in one of 300,000 runs.
        key = hash((source, event_id))
        if key in self._keys:
            self._note(reason("feed_repeats", event=f"{source}#{event_id}"))
        self._keys.add(key)
        known = self.versions.get((source, subject))
        if known is None:
            self.versions[source, subject] = Versions(1, version, version)
            return
        known.count += 1
        known.lowest = min(known.lowest, version)
        known.highest = max(known.highest, version)

    def highest(self, source: str, subject: str, otherwise: int = 0) -> int:
        """Return the highest version in the feed, or `otherwise` where it has none."""
        known = self.versions.get((source, subject))
        return known.highest if known else otherwise

    def _note(self, breach: Reason) -> None:
        if len(self.wrong) < MAX_BREACHES:
            self.wrong.append(breach)


def read_feed(stores: Stores, skipped: int = 0, swept: int = 0) -> Feed:
    """Read the items after the cursor `skipped`, in order; up to `swept` cursors may be missing."""
    feed = Feed(last=skipped, swept=swept)
    items = (
        stores.collection("gateway", "feed")
        .find({"_id": {"$gt": f"{skipped:016}"}}, {"_id": 0, "cursor": 1, "event": 1}, batch_size=STREAM)
        .sort("_id", 1)
    )
    for item in items:
        feed.add(item)
    return feed


def _parse(text: str) -> tuple[str, str, str, int]:
    """Return id, source, subject and version of an event."""
    found = _OURS.match(text)
    if found is not None:
        return found[1], found[2], found[3], int(found[4])
    event: Document = json.loads(text)
    return str(event["id"]), str(event["source"]), str(event["subject"]), int(event["sequence"])
