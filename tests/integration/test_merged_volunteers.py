"""The volunteers of a report on a real store: of merged people those alone are read who were credited in its area."""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

import pytest
import stacks
from pymongo import AsyncMongoClient, MongoClient
from stacks import Servers

from services.gateway.features.merges.view import ErasedView, IdentityView
from services.gateway.features.reports.periods import read_period
from services.gateway.features.reports.volunteer_years import (
    FEATURE,
    VolunteerCount,
    VolunteerYear,
    count_id,
    find_merged_rule,
    with_merged_in,
    year_id,
)
from services.gateway.features.reports.volunteers import count_volunteers
from services.gateway.reading.views import Views
from shared.engine.store.collections import ensure_indexes

pytestmark = pytest.mark.integration
Document = dict[str, Any]
PAIRS: Final = 600
"""People with two ids: more than a page of the street's."""
HERE, THERE = "110102009017", "110105001002"


def rows() -> Iterator[Document]:
    """Two of three people served in another district; everybody in one month."""
    for number in range(3 * PAIRS):
        for one in ("a", "b"):
            area = HERE if number % 3 == 0 else THERE
            row = VolunteerYear(id=year_id(f"vol_{number:05}{one}", "2026"), months={"2026-03": [area]})
            yield with_merged_in(row).to_document()


def identities() -> Iterator[Document]:
    for number in range(3 * PAIRS):
        first, second = f"vol_{number:05}a", f"vol_{number:05}b"
        yield IdentityView(id=first, seen=2, survivor_id=second, merged_ids=[]).to_document()
        yield IdentityView(id=second, seen=2, survivor_id=second, merged_ids=[first]).to_document()


@pytest.fixture(scope="module")
def store(servers: Servers) -> Iterator[tuple[str, str]]:
    """The address of a store with the merged people, and the name of its database."""
    with stacks.isolated(servers) as room, MongoClient[Document](room.mongo_uri, tz_aware=True) as client:
        name = f"{room.database_prefix}gateway"
        ensure_indexes(client[name], FEATURE.indexes)
        client[name][VolunteerYear.collection].insert_many(rows())
        client[name][IdentityView.collection].insert_many(identities())
        for area, people in (("1101", 6 * PAIRS), (HERE, 2 * PAIRS)):
            count = VolunteerCount(id=count_id(area, "2026-Q1", 0), volunteers=people)
            client[name][VolunteerCount.collection].insert_one(count.to_document())
        client[name].create_collection(ErasedView.collection)
        yield room.mongo_uri, name


def test_the_number_of_people_reads_no_merge_of_another_area(store: tuple[str, str]) -> None:
    uri, name = store
    with MongoClient[Document](uri, tz_aware=True) as client:
        years = client[name][VolunteerYear.collection]
        stats = years.find(find_merged_rule("110102", "2026-Q1")).explain()["executionStats"]
    assert (stats["nReturned"], stats["totalDocsExamined"]) == (2 * PAIRS, 2 * PAIRS)


def test_people_with_several_ids_count_once_beyond_a_page_too(store: tuple[str, str]) -> None:
    uri, name = store

    async def count(area: str) -> int:
        async with AsyncMongoClient[Document](uri, tz_aware=True) as client:
            return await count_volunteers(
                Views(client[name], lambda collection: collection), area, read_period("2026-Q1")
            )

    assert [asyncio.run(count(area)) for area in (HERE, "1101")] == [PAIRS, 3 * PAIRS]
