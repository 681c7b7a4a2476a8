"""L2: effects happen once. Keys, cursors and versions, and that all who follow a need have reached the same version."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from pymongo.collection import Collection

from deploy.lianshan.laws.feed import Feed, read_feed
from deploy.lianshan.laws.streams import MAX_BREACHES, find_sorted, walk_side_by_side
from deploy.lianshan.stores import SERVICES, Document, Stores
from services.gateway.declaration import live
from shared.contracts.reasons import Reason, reason
from shared.engine.store.collections import INBOX

_NEED: Final = "/stations/need"
_LINK: Final = "/charity/link"
_STAFFING: Final = "/volunteering/staffing"


def effects_happen_once(stores: Stores, newest: int | None = None) -> Iterator[Reason]:
    """Yield the breaches of L2.

    Of the feed the `newest` events are read, all by default; that no cursor is missing is checked over the whole feed
    in any case, but for the part that retention has swept. The events that are read take memory, see
    `deploy.lianshan.laws.feed`.
    """
    for service in SERVICES:
        yield from find_repeated_keys(stores, service)
    row = stores.collection("gateway", "feed_head").find_one({}) or {"last": 0}
    head, swept = row["last"], row.get("swept", 0)
    skipped = 0 if newest is None else max(0, head - newest)
    yield from _find_gap(stores.collection("gateway", "feed"), swept, skipped)
    feed = read_feed(stores, skipped, swept)
    yield from feed.wrong
    if head != feed.last:
        yield reason("feed_head_differs", head=head, last=feed.last)
    yield from islice(_find_missing_links(feed, whole=not skipped and not swept), MAX_BREACHES)
    yield from islice(_find_disagreements(stores, feed, whole=not skipped), MAX_BREACHES)


def find_repeated_keys(stores: Stores, service: str) -> Iterator[Reason]:
    """Yield the messages whose effects were committed more than once, within one batch or over several."""
    inbox = stores.collection(service, INBOX)
    # A unique index keeps two documents apart. Then only a key that stands twice within one document can be wrong, and
    # no grouping over the whole collection is needed.
    unique = any(index.get("unique") and "keys" in index["key"] for index in inbox.list_indexes())
    twice: Document = {"$ne": [{"$size": "$keys"}, {"$size": {"$setUnion": ["$keys"]}}]}
    pipeline: list[Document] = [
        *([{"$match": {"$expr": twice}}] if unique else []),
        {"$project": {"keys": 1}},
        {"$unwind": "$keys"},
        {"$group": {"_id": {"doc": "$_id", "key": "$keys"} if unique else {"key": "$keys"}, "times": {"$sum": 1}}},
        {"$match": {"times": {"$gt": 1}}},
        {"$limit": MAX_BREACHES},
    ]
    for row in inbox.aggregate(pipeline, allowDiskUse=True):
        yield reason("message_handled_again", service=service, key=str(row["_id"]["key"]), times=row["times"])


def _find_gap(items: "Collection[Document]", after: int, upto: int) -> Iterator[Reason]:
    """Yield the first missing cursor up to `upto`. Halving: the server counts its index, nothing is read."""
    low, high = after, max(after, upto)
    if _count_between(items, low, high) == high - low:
        return
    while high - low > 1:
        middle = (low + high) // 2
        if _count_between(items, low, middle) != middle - low:
            high = middle
        else:
            low = middle
    yield reason("feed_lacks_cursor", cursor=high)


def _count_between(items: "Collection[Document]", low: int, high: int) -> int:
    return items.count_documents({"_id": {"$gt": f"{low:016}", "$lte": f"{high:016}"}}, hint="_id_") if high else 0


def _find_missing_links(feed: Feed, *, whole: bool) -> Iterator[Reason]:
    # Charity publishes every version of a link, so none may be missing between the first and the highest.
    for (source, subject), known in feed.versions.items():
        expected = known.highest if whole else known.highest - known.lowest + 1
        if source == _LINK and known.count != expected:
            yield reason("link_events_missing", need=subject, events=known.count, version=known.highest)


def _find_disagreements(stores: Stores, feed: Feed, *, whole: bool) -> Iterator[Reason]:
    needs = find_sorted(
        stores.collection("stations", "needs"),
        {"announced": 1, "state": 1, "link_version": 1, "staffing_version": 1, "delivered": 1, "lines.requested": 1},
    )
    links = find_sorted(stores.collection("charity", "links"), {"version": 1})
    fields = {"seen": 1, "state": 1, "link_seen": 1, "staffing_seen": 1}
    views = find_sorted(live(stores.of("gateway"), "needs", "needs"), fields)
    for _, (need, link, view) in walk_side_by_side(needs, links, views):
        if need is not None:
            yield from _compare(need, link or {}, view or {}, feed, whole=whole)


def _compare(need: Document, link: Document, view: Document, feed: Feed, *, whole: bool) -> Iterator[Reason]:
    # Events before the part of the feed that was read are known by the view, which is written with the feed's item.
    name = need["_id"]
    linked, staffed = link.get("version", 0), view.get("staffing_seen", 0)
    staffing_published = feed.highest(_STAFFING, name, 0 if whole else staffed)
    pairs = (
        ("need_in_feed", feed.highest(_NEED, name, 0 if whole else view.get("seen", 0)), need.get("announced", 0)),
        ("link_in_feed", feed.highest(_LINK, name, 0 if whole else view.get("link_seen", 0)), linked),
        ("link_at_station", need.get("link_version", 0), linked),
        ("staffing_at_station", need.get("staffing_version", 0), staffing_published),
        ("need_at_gateway", view.get("seen", 0), need.get("announced", 0)),
        ("link_at_gateway", view.get("link_seen", 0), linked),
        ("staffing_at_gateway", staffed, staffing_published),
    )
    for part, known, true in pairs:
        if known != true:
            yield reason("versions_differ", need=name, part=part, version=known, owned=true)
    shown, owned = view.get("state", "none"), _told_state(need)
    if shown != owned:
        yield reason("need_states_differ", need=name, shown=shown, owned=owned)


def _told_state(need: Document) -> str:
    """Return the state as stations tells it: a confirmed need that got less than it asked for is `partly_served`.

    That is less of a line, or nobody of the volunteers.
    """
    state: str = need.get("state", "draft")
    got = zip(need.get("delivered") or (), need.get("lines", ()), strict=False)
    less = any(amount < line["requested"] for amount, line in got)
    before = [passed for passed, _ in need.get("timeline", ())][-2:-1]
    unserved = need.get("volunteers") is not None and before not in ([], ["served"])
    return "partly_served" if state == "confirmed" and (less or unserved) else state
