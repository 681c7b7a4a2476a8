"""The coverage of an area on MongoDB: communities with and without an open station."""

import csv
import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient
from stations_store import Service

from deploy.lianshan.local.seed import SEED
from services.stations.declaration import DECLARATION
from shared.contracts import Refused
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.network import CloseStation, OpenStation, ReadCoverage
from shared.engine.store.collections import ensure_indexes

pytestmark = pytest.mark.integration
SOON = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2)


@pytest.fixture(scope="module")
def zhanlan(mongo_uri: str) -> Iterator[Service]:
    """Zhanlan Road street as its register has it: 23 communities, 11 of them with a station, and its centre."""
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_uri, tz_aware=True, serverSelectionTimeoutMS=10_000)
    database = client[f"t{uuid4().hex[:12]}_zhanlan"]
    ensure_indexes(database, DECLARATION.indexes)
    street = Service(database)
    with SEED.open(encoding="utf-8") as file:
        rows = tuple(AreaRow(code=row["code"], name=row["name"]) for row in csv.DictReader(file))
    street.do(ImportAreas(rows=rows))
    communities = sorted(row.code for row in rows if len(row.code) == 12)
    street.do(OpenStation(area="110102009", name="Street centre", level="centre"))
    for code in communities[:11]:
        street.do(OpenStation(area=code, name=f"Station {code[-3:]}", level="station"))
    yield street
    client.drop_database(database.name)
    client.close()


def test_the_coverage_of_a_street_counts_and_names_its_communities(zhanlan: Service):
    found = zhanlan.ask(ReadCoverage(area="110102009", covered=False))
    assert (found.communities, found.established, found.pending) == (23, 11, 12)
    assert len(found.items) == 12
    assert all(item.name and item.station_id is None for item in found.items)
    covered = zhanlan.ask(ReadCoverage(area="110102009", covered=True)).items
    assert len(covered) == 11
    assert all(item.station_id for item in covered)


@pytest.mark.parametrize("area", ["", "11", "1101", "110102"])
def test_the_coverage_of_a_wider_area_holds_that_of_the_street(zhanlan: Service, area: str):
    found = zhanlan.ask(ReadCoverage(area=area))
    assert (found.communities, found.established) == (23, 11)


def test_the_coverage_goes_on_where_its_page_ended(zhanlan: Service):
    first = zhanlan.ask(ReadCoverage(area="110102009", limit=20))
    rest = zhanlan.ask(ReadCoverage(area="110102009", limit=20, after=first.next))
    assert (len(first.items), len(rest.items), rest.next) == (20, 3, None)
    assert len({item.code for item in (*first.items, *rest.items)}) == 23


def test_one_community_is_covered_or_not_and_loses_its_station_when_that_closes(zhanlan: Service):
    before = zhanlan.ask(ReadCoverage(area="110102009", covered=True)).items[0]
    assert zhanlan.ask(ReadCoverage(area=before.code)).established == 1
    zhanlan.do(CloseStation(id=before.station_id))
    try:
        found = zhanlan.ask(ReadCoverage(area=before.code))
        assert (found.communities, found.established, found.pending) == (1, 0, 1)
    finally:
        zhanlan.do(OpenStation(area=before.code, name="Opened again", level="station"))


def test_the_coverage_counts_the_stages_and_names_the_planned_station(zhanlan: Service):
    pending = zhanlan.ask(ReadCoverage(area="110102009", covered=False)).items
    planned = zhanlan.do(
        OpenStation(area=pending[0].code, name="Planned", level="station", stage="planned", opens_on=SOON)
    )
    pilot = zhanlan.do(OpenStation(area=pending[1].code, name="Pilot", level="station", stage="pilot"))
    try:
        found = zhanlan.ask(ReadCoverage(area="110102009"))
        assert (found.planned, found.pilot, found.open) == (1, 1, 11)
        assert (found.communities, found.established, found.pending) == (23, 12, 11)
        (row,) = (item for item in found.items if item.stage == "planned")
        assert (row.code, row.planned_id, row.station_id) == (pending[0].code, planned.id, None)
        assert row in zhanlan.ask(ReadCoverage(area="110102009", covered=False)).items
        (row,) = (item for item in found.items if item.stage == "pilot")
        assert (row.planned_id, row.station_id) == (None, pilot.id)
    finally:
        for station in (planned, pilot):
            zhanlan.do(CloseStation(id=station.id))


def test_the_coverage_of_an_area_outside_the_register_is_refused(zhanlan: Service):
    with pytest.raises(Refused) as refused:
        zhanlan.ask(ReadCoverage(area="110105"))
    assert (refused.value.rule, refused.value.field) == ("unknown_area", "area")
