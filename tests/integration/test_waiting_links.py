"""The waiting list of charity on MongoDB: the first in order are found, however many wait."""

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from services.charity.declaration import DECLARATION
from services.charity.linking.domain.link import Link, LinkLine
from services.charity.linking.storage import WaitingFor, place_in
from shared.engine.store.collections import ensure_indexes

pytestmark = pytest.mark.integration
Store = Database[dict[str, Any]]
NOW = datetime(2030, 1, 7, 1, tzinfo=UTC)
COMMUNITY, NEIGHBOUR, OTHER_DISTRICT = "110102009017", "110102009018", "110105001001"
RICE = "goods:quilt"


@pytest.fixture
def database(mongo_uri: str) -> Iterator[Store]:
    """Of charity, empty, with its indexes."""
    with MongoClient[dict[str, Any]](mongo_uri, tz_aware=True, serverSelectionTimeoutMS=10_000) as client:
        made = client[f"charity_{uuid4().hex}"]
        ensure_indexes(made, DECLARATION.indexes)
        yield made
        client.drop_database(made.name)


@pytest.mark.parametrize("form", ["today", "0.2.0"])
def test_the_first_in_order_are_found_among_thousands_that_wait(database: Store, form: str) -> None:
    chance = random.Random(7)
    places = [COMMUNITY, NEIGHBOUR, "110102010001", OTHER_DISTRICT]
    links = [
        Link(
            id=f"need_{n}", version=1, station_id="st", area=chance.choice(places), priority=chance.randint(0, 100),
            published_at=NOW - timedelta(minutes=chance.randint(0, 2400)), need_version=1,
            lines=(LinkLine(line_id="l1", commodity=RICE, requested=1),),
        )
        for n in range(3000 if form == "today" else WaitingFor.limit - 1)
    ]  # fmt: skip
    rows = [link.to_document() for link in links]
    former = [{name: value for name, value in row.items() if name != "queues"} for row in rows]
    database["links"].insert_many(rows if form == "today" else former)
    queries = [WaitingFor(place_in(RICE, area), NOW) for area in (*places, "110102", "1101")]
    for query, found in zip(queries, WaitingFor.fetch(database, queries), strict=True):
        first = sorted(links, key=query.rank)[: query.limit]
        assert [document["_id"] for document in found] == [link.id for link in first]


def test_a_long_waiting_list_costs_a_search_little(database: Store) -> None:
    line = LinkLine(line_id="l1", commodity=RICE, requested=1)
    many = (
        Link(id=f"need_{n}", version=1, station_id="st", area=COMMUNITY, priority=n % 100, need_version=1,
             published_at=NOW - timedelta(seconds=n), lines=(line,))
        for n in range(5_000)
    )  # fmt: skip
    database["links"].insert_many(Link.stored_as.stamped(link.to_document()) for link in many)
    query = WaitingFor(place_in(RICE, OTHER_DISTRICT), NOW)
    WaitingFor.fetch(database, [query])
    began = time.perf_counter()
    [found] = WaitingFor.fetch(database, [query])
    took = time.perf_counter() - began
    assert (len(found), took < 1) == (query.limit, True), f"{took:.3f} s"
    for field, key in (("queues", query.keys[-1]), ("wants", query.city_key)):
        order = [("published_at", 1), ("_id", 1)] if field == "queues" else [("priority", -1), ("published_at", 1)]
        walked = database["links"].find({field: key}).sort(order).limit(query.limit).explain()
        assert walked["executionStats"]["totalKeysExamined"] <= query.limit + 1
