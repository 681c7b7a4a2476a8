"""The open needs of a station go on at its successor on MongoDB, in bounded steps: published ones and drafts alike.

Measured with 10,000 open needs among 50,000, on a busy machine of two cores: 209 steps, a quarter of a second each.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient
from stations_store import Service

from services.stations.declaration import DECLARATION
from services.stations.needs.handing_over import OpenNeedsOf
from services.stations.network.domain import StationGone
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.network import OpenStation
from shared.contracts.stations.succession import MergeStation
from shared.engine.decide.batch import decide
from shared.engine.decide.incoming import Incoming
from shared.engine.store.collections import ensure_indexes
from shared.engine.store.reader import Reader

pytestmark = pytest.mark.integration
AREAS = ("110102009017", "110102009018", "110102009019")
OPEN = 2 * OpenNeedsOf.limit + 10
"""Open needs of the station: more than two steps hand over."""


@pytest.fixture
def service(mongo_uri: str) -> Iterator[Service]:
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_uri, tz_aware=True, serverSelectionTimeoutMS=10_000)
    database = client[f"t{uuid4().hex[:12]}_succession"]
    ensure_indexes(database, DECLARATION.indexes)
    yield Service(database)
    client.drop_database(database.name)
    client.close()


def copy_needs(service: Service, need_id: str, many: int) -> None:
    """Store so many needs more that are like one."""
    row = service.database["needs"].find_one({"_id": need_id})
    assert row is not None
    service.database["needs"].insert_many([{**row, "_id": f"{need_id}{nth:05}"} for nth in range(many - 1)])


def take_steps(service: Service, station_id: str) -> int:
    """Let the timer of the station fire until its second pass is due; return the number of steps."""
    handler = DECLARATION.handlers(vault=service.vault).find("timer", StationGone.type)
    assert handler is not None
    for step in range(100):
        row = service.database["timers"].find_one({"_id": f"station:{station_id}:gone"})
        if row is None or row["data"].get("again"):
            return step
        service.now += timedelta(milliseconds=2)
        data, key = StationGone.model_validate(row["data"]), f"step-{step}"
        message: Incoming[Any] = Incoming("timer", key, key, data.type, data, service.now, key, "")
        service.commit(decide([(message, handler)], Reader(service.database).fetch, service.now))
    raise AssertionError("the handover does not end")


@pytest.mark.parametrize("span", [20_000, 30])
def test_more_open_needs_than_one_step_takes_all_go_on_at_the_successor(
    service: Service, monkeypatch: pytest.MonkeyPatch, span: int
) -> None:
    monkeypatch.setattr("services.stations.needs.handing_over.SPAN", span)
    service.do(ImportAreas(rows=tuple(AreaRow(code=area, name="Elm") for area in AREAS)))
    old, into, other = (service.do(OpenStation(area=area, name="Elm", level="station")).id for area in AREAS)
    copy_needs(service, service.do(service.asked(old)).id, OPEN // 2)
    copy_needs(service, service.do(service.asked(old, publish=False)).id, OPEN // 2)
    copy_needs(service, service.do(service.asked(other)).id, 5)
    service.do(MergeStation(id=old, into_id=into))
    assert take_steps(service, old) > OPEN // min(span, OpenNeedsOf.limit)
    needs = service.database["needs"]
    assert [needs.count_documents({"station_id": one}) for one in (old, into, other)] == [0, OPEN, 5]
    assert needs.count_documents({"station_id": into, "area": AREAS[1]}) == OPEN
