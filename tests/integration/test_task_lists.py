"""The work list on a real store: each filter reads the tasks that it shows, and ended tasks are forgotten."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import stacks
from gateway_stack import until
from pymongo import MongoClient
from pymongo.collection import Collection
from stacks import Servers

from services.gateway.features.tasks.routes import open_tasks
from services.gateway.features.tasks.view import FORGOTTEN_AFTER, INDEXES, TaskView, view_of
from services.gateway.projection.feature import Task
from services.gateway.reading.areas import within
from services.gateway.reading.cursors import encode_cursor
from shared.contracts.plain import NextStep
from shared.engine.store.collections import INBOX_KEEPS, ensure_indexes

pytestmark = pytest.mark.integration
Document = dict[str, Any]
PAGE: Final = 51
STATIONS: Final = 100
TIES: Final = 2
"""Tasks that are due at one instant."""
START: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
NOW: Final = START + timedelta(minutes=2_000)


def row(number: int) -> Document:
    """One of two tasks is ended; one of a hundred asks for the rare step."""
    station = number % STATIONS
    due = (START + timedelta(minutes=number * 7 % 5_000)).isoformat()
    view = TaskView(
        id=f"need_{number:05}", seen=1, kind="need", path="/", area=f"1101020{station // 10:02}{station % 10:03}",
        station_id=f"station_{station}", person_id=f"person_{number % 900}", open=number % 2 == 0,
        ended=START if number % 2 else None, code="rare" if number % 100 == 0 else "begin_service", due=due, order=due,
    )  # fmt: skip
    return view.to_document()


@pytest.fixture(scope="module")
def tasks(servers: Servers) -> Iterator[Collection[Document]]:
    with stacks.isolated(servers) as room, MongoClient[Document](room.mongo_uri, tz_aware=True) as client:
        database = client[f"{room.database_prefix}gateway"]
        ensure_indexes(database, INDEXES)
        database[TaskView.collection].insert_many([row(number) for number in range(10_000)])
        yield database[TaskView.collection]


FILTERS: Final[dict[str, Document]] = {
    "everything": {},
    "a station": {"station_id": "station_42"},
    "a person": {"person_id": "person_42"},
    "a step": {"code": "rare"},
    "a community": within("110102004002"),
    "a street": within("110102004"),
    "a city": within("1101"),
    "a station's rare step": {"station_id": "station_0", "code": "rare"},
}


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("page", ["first", "second"])
def test_a_filter_reads_no_task_but_those_it_shows(tasks: Collection[Document], name: str, page: str) -> None:
    rule, after = open_tasks(FILTERS[name], None, NOW), None
    every = sorted(tasks.find(rule), key=lambda task: (task["order"], task["_id"]))
    if page == "second":
        last = every[min(PAGE, len(every)) - 2]
        after, every = encode_cursor(f"{last['order']} {last['_id']}"), every[every.index(last) + 1 :]
    cursor = tasks.find(open_tasks(FILTERS[name], after, NOW)).sort([("order", 1), ("_id", 1)]).limit(PAGE)
    stats = cursor.clone().explain()["executionStats"]
    assert [task["_id"] for task in cursor] == [task["_id"] for task in every[:PAGE]]
    assert stats["nReturned"] == len(every[:PAGE]) > 0
    # The tasks of a small area may be sorted instead: the index has them in the order of each community.
    most = tasks.count_documents(open_tasks(FILTERS[name], None, NOW)) if name in {"a community", "a street"} else PAGE
    assert stats["totalDocsExamined"] <= most + TIES, stats


def test_a_rating_is_listed_until_its_date_and_after_everything_that_has_to_be_done(
    tasks: Collection[Document],
) -> None:
    mine: Document = {"station_id": "station_ratings"}
    steps = {"late": ("confirm_need", NOW - timedelta(days=9)), "soon": ("confirm_need", NOW + timedelta(days=90))}
    rated = {"lapsed": NOW - timedelta(milliseconds=1), "rate": NOW, "rate_later": NOW + timedelta(days=1)}
    for name, (code, due) in {**steps, **{name: ("evaluate_need", due) for name, due in rated.items()}}.items():
        task = Task("need", name, 1, "110102004002", "/", NextStep(code=code, due=due), lapses=name in rated)
        tasks.insert_one({**view_of(task).to_document(), **mine})
    listed = tasks.find(open_tasks(mine, None, NOW)).sort([("order", 1), ("_id", 1)])
    assert [task["_id"] for task in listed] == ["late", "soon", "rate", "rate_later"]
    listed = tasks.find(open_tasks(mine, encode_cursor("L2026-03-03T10:20:00.000Z rate"), NOW)).sort("order", 1)
    assert [task["_id"] for task in listed] == ["rate_later"]


def test_an_ended_task_is_forgotten_when_no_event_can_open_it_any_more(tasks: Collection[Document]) -> None:
    forget = tasks.index_information()["forget"]
    assert (forget["key"], forget["expireAfterSeconds"]) == ([("ended", 1)], INBOX_KEEPS.total_seconds())
    assert FORGOTTEN_AFTER == INBOX_KEEPS
    tasks.insert_many([{**row(1), "_id": "long_ago"}, {**row(0), "_id": "long_open"}])
    tasks.update_one({"_id": "long_ago"}, {"$set": {"ended": datetime.now(UTC) - INBOX_KEEPS - timedelta(hours=1)}})
    # The store looks for expired documents once a minute at least; `tests/stacks.py` has it look sooner.
    until(lambda: tasks.find_one({"_id": "long_ago"}) is None, "it is forgotten", 75)
    assert tasks.find_one({"_id": "long_open"})
