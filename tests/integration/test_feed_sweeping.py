"""The feed is swept on real servers: each last event stays, a cursor before a gap is refused, nobody is overtaken."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient, MongoClient
from pymongo.database import Database
from pymongo.read_concern import ReadConcern
from stacks import Isolated

from deploy.lianshan.laws.feed import read_feed
from deploy.lianshan.stores import open_stores
from services.gateway.features.feed import sweeping
from services.gateway.features.feed.cursors import BEGINNING, FeedCursor
from services.gateway.features.feed.reader import Feed
from services.gateway.features.feed.sweeping import OldEvents
from services.gateway.features.feed.view import INDEXES
from services.gateway.features.feed.wanted import Wanted
from services.gateway.following.state import Partition, ViewState, partition_id
from services.gateway.http.problems import Problem
from services.gateway.projection.feature import PARTITIONS
from services.gateway.projection.feed import FEED, FeedHead, FeedItem, feed_id, first_mark
from shared.contracts.access import Actor
from shared.engine.decide.schema import Document

pytestmark = pytest.mark.integration
EVENTS, OLD, SUBJECTS = 1_000, 700, 40
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
READER = Actor(kind="key", id="key_1", roles=("reader",), area="")
RULE = OldEvents(days=90)


def _item(nth: int) -> Document:
    happened = NOW - timedelta(days=100 if nth <= OLD else 10, seconds=-nth)
    kind = ("stations.need.published", "charity.link.linked")[nth % 2]
    subject, sequence = f"need_{nth * 7 % SUBJECTS}", f"{nth:010}"
    source = f"/{kind.split('.')[0]}/{kind.split('.')[1]}"
    event = {"specversion": "1.0", "id": f"{nth}", "source": source, "type": kind, "subject": subject,
             "time": happened.isoformat(), "sequence": sequence, "correlationid": "", "causationid": "",
             "traceparent": "", "area": "110102", "data": {}}  # fmt: skip
    return {
        "_id": feed_id(nth), "cursor": nth, "type": kind, "area": "110102", "subject": subject, "schema": 2,
        "event": json.dumps(event), "mark": first_mark(happened), "partition": 0, "version": 1,
    }  # fmt: skip


@pytest.fixture
def store(isolated: Isolated, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database[Document]]:
    monkeypatch.setattr(sweeping, "GRACE", timedelta(0))
    with MongoClient[Document](isolated.mongo_uri, tz_aware=True) as client:
        database = client[f"{isolated.database_prefix}gateway"]
        items = database[FeedItem.collection]
        items.create_indexes(list(INDEXES[FeedItem.collection]))
        items.insert_many([_item(nth) for nth in range(1, EVENTS + 1)])
        database[FeedHead.collection].insert_one({"_id": FEED, "last": EVENTS, "epoch": "e1", "version": EVENTS})
        database[ViewState.collection].insert_one(ViewState(id="needs", live=1).to_document())
        _put_views(database, EVENTS)
        yield database
        client.drop_database(database.name)


def _put_views(database: Database[Document], position: int, lane: str = "needs@1") -> None:
    parts = database[Partition.collection]
    for number in range(PARTITIONS):
        key = {"_id": partition_id(number)}
        parts.update_one(key, {"$set": {f"lanes.{lane}": position, "version": 1}}, upsert=True)


def _sweep(database: Database[Document]) -> None:
    """Two passes: one announces, the next one deletes."""
    for _ in range(2):
        while RULE.delete_batch(database, NOW) is not None:
            pass


def _ask(room: Isolated, work: Callable[[Feed], Any]) -> Any:
    async def ask() -> Any:
        async with AsyncMongoClient(room.mongo_uri) as client:
            reads = ReadConcern("majority")
            return await work(Feed(client.get_database(f"{room.database_prefix}gateway", read_concern=reads), 1))

    return asyncio.run(ask())


async def _follow(feed: Feed, after: FeedCursor, wanted: Wanted | None = None) -> list[int]:
    found: list[int] = []
    while True:
        page = await feed.read(after, 60, READER, wanted)
        found += [row.cursor for row in page.items]
        after = page.end
        if not page.more:
            return found


def test_who_begins_with_0_reads_the_last_events_and_then_every_event(
    isolated: Isolated, store: Database[Document]
) -> None:
    store[FeedItem.collection].update_many({"cursor": {"$gt": OLD}, "subject": "need_3"}, {"$set": {"subject": "n"}})
    _sweep(store)
    found = _ask(isolated, lambda feed: _follow(feed, BEGINNING))
    young = list(range(OLD + 1, EVENTS + 1))
    assert found[-len(young) :] == young
    assert 0 < len(found) - len(young) <= 2 * SUBJECTS
    kept = store[FeedItem.collection].find({"cursor": {"$lte": OLD}, "subject": "need_3"})
    assert len(list(kept)) > 0, "the last event about a thing that nothing has happened to since"
    about = _ask(isolated, lambda feed: _follow(feed, BEGINNING, Wanted(subjects=("need_3",))))
    assert about
    assert _ask(isolated, lambda feed: _follow(feed, FeedCursor("e1", OLD))) == young


def test_a_cursor_in_the_swept_part_is_refused_with_the_place_to_go_on_from(
    isolated: Isolated, store: Database[Document]
) -> None:
    assert RULE.delete_batch(store, NOW) is None
    assert store[FeedItem.collection].count_documents({}) == EVENTS, "announced, and not deleted yet"
    for wanted in (None, Wanted(area="1101"), Wanted(types=("charity.link.linked",)), Wanted(subjects=("need_1",))):
        with pytest.raises(Problem) as refused:
            _ask(isolated, lambda feed, wanted=wanted: feed.read(FeedCursor("e1", OLD - 1), 10, READER, wanted))
        assert (refused.value.status, refused.value.rule) == (410, "cursor_in_swept_part")
        assert refused.value.values["start"] == f"e1-{EVENTS}", "the snapshot: read the lists, then follow"


def test_nothing_is_deleted_before_the_views_and_active_webhooks_have_read_it(
    isolated: Isolated, store: Database[Document]
) -> None:
    _put_views(store, 300, "needs@2")
    store[ViewState.collection].update_one({"_id": "needs"}, {"$set": {"building": 2}})
    hooks = [("a", "active", 200), ("b", "paused", 50)]
    store["webhooks"].insert_many([{"_id": name, "state": state, "position": at} for name, state, at in hooks])
    _sweep(store)
    assert _swept(store) == (200, 200)
    with pytest.raises(Problem) as refused:
        _ask(isolated, lambda feed: feed.check_whole(50))
    assert (refused.value.status, refused.value.rule) == (410, "cursor_in_swept_part")
    store["webhooks"].update_one({"_id": "a"}, {"$set": {"position": EVENTS}})
    _sweep(store)
    assert _swept(store) == (300, 300)


def test_a_sweep_waits_for_the_migration_and_keeps_all_of_a_feed_of_0_days(store: Database[Document]) -> None:
    store[FeedItem.collection].update_one({"cursor": 900}, {"$unset": {"subject": ""}})
    _sweep(store)
    assert _swept(store) == (0, 0)
    assert OldEvents(days=0).delete_batch(store, NOW) is None


def test_a_swept_feed_keeps_the_laws_and_a_gap_behind_it_is_found(
    isolated: Isolated, store: Database[Document]
) -> None:
    _sweep(store)
    with open_stores(isolated.mongo_uri, isolated.database_prefix) as stores:
        assert read_feed(stores, swept=OLD).wrong == []
        assert read_feed(stores).wrong, "without the head's word they are gaps"
        store[FeedItem.collection].delete_one({"cursor": OLD + 5})
        assert [one.code for one in read_feed(stores, swept=OLD).wrong] == ["feed_skips"]


def _swept(database: Database[Document]) -> tuple[int, int]:
    head = database[FeedHead.collection].find_one({"_id": FEED}) or {}
    return head.get("swept", 0), head.get("cleared", 0)
