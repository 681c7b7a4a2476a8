"""The lists of plain features on a real store: each declared filter is read from an index, without the other rows."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
import stacks
from pymongo import MongoClient
from pymongo.database import Database
from stacks import Servers

from services.gateway.declaration import FEATURES
from services.gateway.projection.plain import PlainFeature
from services.gateway.reading.areas import within
from shared.engine.store.collections import ensure_indexes

pytestmark = pytest.mark.integration
Document = dict[str, Any]
LISTS: Final = {one.name: one for one in FEATURES if isinstance(one, PlainFeature)}
ROWS: Final = 600
VALUES: Final = 20
"""The values of each filter: of one, 30 rows, and of a street as many."""
PAGE: Final = 21
MOST_BEYOND: Final = 2
"""Rows that a list may read beside those that it shows: the planner's own look."""
STREETS: Final = 20


def row(feature: PlainFeature, number: int) -> Document:
    """A row of which each field of a filter has another value, and which lies in one of twenty streets."""
    shape: Document = {name: f"{name}_{(number + nth) % VALUES}" for nth, name in enumerate(feature.filters)}
    for name in feature.filters:
        if "tuple" in str(feature.shape.model_fields[name].annotation):
            shape[name] = [shape[name], f"{name}_besides_{number % 3}"]
    area = f"1101020{number // VALUES % STREETS:02}{number % 3:03}"
    view = feature.view(id=f"{feature.noun}_{number:05}", seen=1, area=area, shape=shape)
    return view.to_document()


@pytest.fixture(scope="module")
def views(servers: Servers) -> Iterator[Database[Document]]:
    with stacks.isolated(servers) as room, MongoClient[Document](room.mongo_uri) as client:
        database = client[f"{room.database_prefix}gateway"]
        for feature in LISTS.values():
            name = feature.view.collection
            ensure_indexes(database, {name: feature.indexes[name]})
            database[name].insert_many([row(feature, number) for number in range(ROWS)])
        yield database


def stages(plan: Document) -> set[str]:
    """The stages of a plan, from the last one to the reading of the store."""
    inner = [plan["inputStage"]] if "inputStage" in plan else plan.get("inputStages", [])
    return {str(plan["stage"])}.union(*(stages(each) for each in inner))


def read(database: Database[Document], feature: PlainFeature, rule: Document) -> tuple[set[str], int, int]:
    """The stages of a page, the rows returned and the rows examined, asked as `Views.page` asks."""
    rows = database[feature.view.collection].find({"seen": {"$gt": 0}, **rule}).sort("_id", -1).limit(PAGE)
    told = rows.explain()
    stats = told["executionStats"]
    return stages(told["queryPlanner"]["winningPlan"]), stats["nReturned"], stats["totalDocsExamined"]


@pytest.mark.parametrize("name", LISTS)
def test_a_filter_of_a_list_reads_the_rows_that_it_shows_and_no_others(views: Database[Document], name: str) -> None:
    feature = LISTS[name]
    for field in feature.filters:
        alone: Document = {f"shape.{field}": f"{field}_7"}
        first = read(views, feature, alone)
        last = sorted(each["_id"] for each in views[feature.view.collection].find(alone))[-PAGE]
        second = read(views, feature, {**alone, "_id": {"$lt": last}})
        several = read(views, feature, {f"shape.{field}": {"$in": [f"{field}_7", f"{field}_11"]}})
        for plan, shown, examined in (first, second, several):
            assert "COLLSCAN" not in plan, field
            assert "SORT" not in plan, f"{field}: the index has the order of the list"
            assert 0 < shown <= examined <= shown + MOST_BEYOND, field
        there = {**alone, **within("110102003")}
        plan, shown, examined = read(views, feature, there)
        assert "COLLSCAN" not in plan, field
        assert shown <= examined <= ROWS // VALUES + MOST_BEYOND, f"{field}: no more than those of the filter alone"


@pytest.mark.parametrize("name", LISTS)
def test_the_list_of_an_area_reads_the_rows_of_the_area_and_no_others(views: Database[Document], name: str) -> None:
    feature = LISTS[name]
    for area in ("110102003", "110102003001"):
        rule = within(area)
        there = views[feature.view.collection].count_documents(rule)
        plan, shown, examined = read(views, feature, rule)
        assert "COLLSCAN" not in plan, area
        assert 0 < shown == min(there, PAGE), area
        assert examined <= there + MOST_BEYOND, area
    plan, shown, examined = read(views, feature, {})
    assert ("COLLSCAN" in plan, shown, examined) == (False, PAGE, PAGE)
