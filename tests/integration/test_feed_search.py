"""The events of an area, of types or about subjects are found page by page, each once and in order."""

import asyncio
import json
from collections.abc import Iterator
from random import Random

import pytest
from pymongo import AsyncMongoClient, MongoClient
from pymongo.read_concern import ReadConcern
from stacks import Isolated

from services.gateway.declaration import DECLARATION
from services.gateway.features.feed import items as feed_items
from services.gateway.features.feed.cursors import BEGINNING, FeedCursor
from services.gateway.features.feed.reader import Feed
from services.gateway.features.feed.view import INDEXES
from services.gateway.features.feed.wanted import Wanted
from services.gateway.http.problems import Problem
from services.gateway.projection.feed import FEED, FeedHead, FeedItem, feed_id
from shared.contracts.access import Actor
from shared.engine.store.migration import Migration, pending

pytestmark = pytest.mark.integration
EVENTS = 3_000
TYPES = ("stations.need.published", "stations.need.served", "charity.link.linked")
AREAS = ("110102009017", "110102009018", "110102003001", "110105001001", "")
RARE = "110106"
SUBJECTS = tuple(f"need_{n}" for n in range(200))
READER = Actor(kind="key", id="key_1", roles=("reader",), area="")


@pytest.fixture
def feed(isolated: Isolated) -> Iterator[Isolated]:
    draw = Random(1)
    with MongoClient(isolated.mongo_uri) as client:
        database = client[f"{isolated.database_prefix}gateway"]
        database[FeedItem.collection].insert_many(
            {
                "_id": feed_id(nth), "cursor": nth, "type": draw.choice(TYPES), "event": json.dumps({"subject": about}),
                "area": RARE if nth in {40, 2_900} else draw.choice(AREAS), "subject": about,
            }
            for nth in range(1, EVENTS + 1)
            for about in [draw.choice(SUBJECTS)]
        )  # fmt: skip
        database[FeedHead.collection].insert_one({"_id": FEED, "last": EVENTS, "epoch": "e1"})
        yield isolated
        client.drop_database(database.name)


def _read_all(room: Isolated, wanted: Wanted, limit: int) -> tuple[list[int], int]:
    """Return the cursors of all pages, and the number of pages."""

    async def read() -> tuple[list[int], int]:
        async with AsyncMongoClient(room.mongo_uri) as client:
            database = client.get_database(f"{room.database_prefix}gateway", read_concern=ReadConcern("majority"))
            reader, after, found = Feed(database, 1), BEGINNING, []
            for pages in range(1, EVENTS):
                page = await reader.read(after, limit, READER, wanted)
                assert len(page.items) <= limit
                found += [row.cursor for row in page.items]
                after = FeedCursor(page.epoch, page.upto)
                if not page.more:
                    return found, pages
            raise AssertionError("the pages never end")

    return asyncio.run(read())


@pytest.mark.parametrize("indexed", [True, False])
def test_pages_of_a_filter_are_the_feed_without_the_rest(
    feed: Isolated, monkeypatch: pytest.MonkeyPatch, indexed: bool
) -> None:
    monkeypatch.setattr(feed_items, "NEAR", 30)
    monkeypatch.setattr(feed_items, "NARROWEST", 100)
    monkeypatch.setattr(feed_items, "WIDEST", 400)
    with MongoClient(feed.mongo_uri) as client:
        stored = client[f"{feed.database_prefix}gateway"][FeedItem.collection]
        if indexed:
            stored.create_indexes(list(INDEXES[FeedItem.collection]))
        rows = list(stored.find({}).sort("_id", 1))
    of_subjects = (
        Wanted(subjects=SUBJECTS[:1]), Wanted(TYPES[:1], subjects=SUBJECTS[:30]), Wanted(subjects=("need_of_nobody",)),
        Wanted(TYPES[1:], "110102009", SUBJECTS[:30]), Wanted(area=RARE, subjects=SUBJECTS),
    )  # fmt: skip
    for wanted in (
        *(of_subjects if indexed else ()),
        Wanted(area="110102"), Wanted(area="110102009017"), Wanted(area=RARE), Wanted(area="99"), Wanted(TYPES[:1]),
        Wanted(types=TYPES[1:]), Wanted(TYPES[:2], "1101"), Wanted(("stations.need.cancelled",)), Wanted(),
    ):  # fmt: skip
        fits = [
            row["cursor"]
            for row in rows
            if row["area"].startswith(wanted.area)
            and (not wanted.types or row["type"] in wanted.types)
            and (not wanted.subjects or row["subject"] in wanted.subjects)
        ]
        for limit in (7, 1_000):
            assert _read_all(feed, wanted, limit)[0] == fits, (wanted, limit)


def test_a_rare_area_is_read_in_few_pages(feed: Isolated) -> None:
    assert _read_all(feed, Wanted(area=RARE), 100) == ([40, 2_900], 1)


def test_a_subject_is_refused_until_every_event_is_stored_with_its_own(feed: Isolated) -> None:
    one = Wanted(subjects=SUBJECTS[:1])
    with MongoClient(feed.mongo_uri) as client:
        database = client[f"{feed.database_prefix}gateway"]
        stored = database[FeedItem.collection]
        fits = [row["cursor"] for row in stored.find({"subject": SUBJECTS[0]}).sort("_id", 1)]
        stored.update_many({"cursor": {"$lte": 2_000}}, {"$unset": {"subject": ""}})
        for step in ("without the index", "with events of the release before"):
            with pytest.raises(Problem) as refused:
                _read_all(feed, one, 100)
            assert (refused.value.status, refused.value.rule) == (503, "subjects_being_added"), step
            stored.create_indexes(list(INDEXES[FeedItem.collection]))
        assert len(_read_all(feed, Wanted(TYPES[:1]), 1_000)[0]) > 0, "the other filters answer meanwhile"
        for work in pending(database, "gateway", DECLARATION.indexes, DECLARATION.schemas):
            Migration(database, work).run(list(DECLARATION.indexes[work.collection]))
    assert _read_all(feed, one, 100)[0] == fits
    assert _read_all(feed, one, 1)[0] == fits
