"""Stations over a real MongoDB: decisions are stored unchanged, and read back by the queries."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from actors import ANYBODY
from everything_at_a_station import EverythingInMemory
from pymongo import MongoClient
from screening_in_memory import DAY
from stations_store import COMMUNITY, HOUR, Service

from services.stations.declaration import DECLARATION
from services.stations.referrals.ended_needs import UnacceptedOf
from services.stations.referrals.handing_over import UnacceptedAt
from services.stations.screening.domain.alert import Alert
from services.stations.screening.storage import OpenAlertsAt, OpenAlertsOf
from services.stations.succession.overdue_steps import KINDS, HandoversRemindedAt
from shared.contracts import Refused
from shared.contracts.charity.linking import ResourcesLinked
from shared.contracts.need_parts import Amount
from shared.contracts.stations.areas import (
    AreaName,
    AreaRow,
    FindKnownAreas,
    ImportAnswer,
    ImportAreas,
    ListAreas,
    ReadArea,
)
from shared.contracts.stations.need_queries import ReadNeed
from shared.contracts.stations.need_text import ReadNeedTexts
from shared.contracts.stations.needs import CancelNeed, ConfirmNeed, EvaluateNeed
from shared.contracts.stations.network import OpenStation, StationShape
from shared.engine.store.collections import ensure_indexes
from shared.engine.store.errors import Conflict
from shared.runtime.audit import AUDIT

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def service(mongo_uri: str) -> Iterator[Service]:
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_uri, tz_aware=True, serverSelectionTimeoutMS=10_000)
    database = client[f"t{uuid4().hex[:12]}_stations"]
    ensure_indexes(database, DECLARATION.indexes)
    yield Service(database)
    client.drop_database(database.name)
    client.close()


@pytest.fixture(scope="module")
def station_id(service: Service) -> str:
    service.do(ImportAreas(rows=(AreaRow(code=COMMUNITY, name="Elm Hall"),)))
    answer: StationShape = service.do(OpenStation(area=COMMUNITY, name="Elm Hall station", level="station"))
    return answer.id


def link(need_id: str, version: int, *committed: int) -> ResourcesLinked:
    amounts = tuple(Amount(line_id=f"l{i}", committed=c, fulfilled=0) for i, c in enumerate(committed, 1))
    return ResourcesLinked(need_id=need_id, version=version, state="partial", area=COMMUNITY, amounts=amounts)


def test_a_need_lives_from_registration_to_evaluation_in_the_store(service: Service, station_id: str):
    answer = service.do(service.asked(station_id))
    need_id = answer.id
    assert (read := service.ask(ReadNeed(need_id=need_id))) is not None
    assert read.model_copy(update={"score_reasons": ()}) == answer

    service.do(link(need_id, 2, 4, 9000))
    service.do(link(need_id, 1, 4, 0))
    ready = service.ask(ReadNeed(need_id=need_id))
    assert ready is not None
    assert (ready.state, [line.committed for line in ready.lines]) == ("ready", [4, 9000])

    service.do(ConfirmNeed(need_id=need_id, note="carried up by his neighbour Lan"))
    service.do(EvaluateNeed(need_id=need_id, rating=5, comment="warm again"))
    ended = service.ask(ReadNeed(need_id=need_id))
    assert ended is not None
    assert (ended.state, ended.rating) == ("evaluated", 5)
    assert [entry.state for entry in ended.timeline][-3:] == ["ready", "confirmed", "evaluated"]


def test_the_due_time_is_kept_as_a_timer_until_the_need_ends(service: Service, station_id: str):
    need_id = service.do(service.asked(station_id)).id
    row = service.database["timers"].find_one({"_id": f"due:{need_id}"})
    assert row is not None
    assert row["due"] == service.now + 8 * HOUR

    service.do(CancelNeed(need_id=need_id))

    assert service.database["timers"].find_one({"_id": f"due:{need_id}"}) is None


def test_words_about_people_lie_sealed_and_reading_them_is_recorded(service: Service, station_id: str):
    need_id = service.do(service.asked(station_id)).id
    service.do(CancelNeed(need_id=need_id, reason="moved to his daughter Mei"))

    stored = str([list(service.database[name].find()) for name in service.database.list_collection_names()])
    for word in ("Grandfather", "stove", "116.33712", "daughter"):
        assert word not in stored

    query = ReadNeedTexts(need_ids=(need_id, "need_x"))
    read = service.ask(query, actor=ANYBODY, why="home visit").items
    assert {found: words.model_dump(mode="json") for found, words in read.items()} == {
        need_id: {
            "title": "Coal for Grandfather Wen",
            "location": {"lon": 116.33712, "lat": 39.92891},
            "purposes": {"l2": "his stove pipe"},
            "cancel_reason": "moved to his daughter Mei",
        }
    }
    elsewhere = ANYBODY.model_copy(update={"area": "310101"})
    assert service.ask(query, actor=elsewhere, why="home visit").items == {}
    assert service.database[AUDIT].count_documents({"about": need_id}) == 1, "nothing was read, and nobody is accused"
    row = service.database[AUDIT].find_one({"about": need_id})
    assert row is not None
    assert row["about"] == [need_id], "a need that does not exist is not on record"
    assert (row["by"][0], row["what"], row["why"], row["at"]) == (ANYBODY.id, "need_text", "home visit", service.now)


@pytest.mark.parametrize(
    ("roles", "why", "rule"), [((), "home visit", "permission_missing"), (("personal_reader",), " ", "audited")]
)
def test_words_about_people_are_not_read_without_the_permission_and_a_reason(
    service: Service, roles: tuple[str, ...], why: str, rule: str
):
    before = service.database[AUDIT].count_documents({})
    with pytest.raises(Refused) as refused:
        service.ask(ReadNeedTexts(need_ids=()), actor=ANYBODY.model_copy(update={"roles": roles}), why=why)
    assert refused.value.rule == rule
    assert service.database[AUDIT].count_documents({}) == before


def test_two_replicas_that_decide_on_the_same_need_at_once_do_not_both_succeed(service: Service, station_id: str):
    need_id = service.do(service.asked(station_id)).id
    cancelling, linking = service.decide(CancelNeed(need_id=need_id)), service.decide(link(need_id, 1, 4, 9000))

    service.commit(cancelling)
    with pytest.raises(Conflict):
        service.commit(linking)

    service.do(link(need_id, 1, 4, 9000))
    need = service.ask(ReadNeed(need_id=need_id))
    assert need is not None
    assert (need.state, need.lines[0].committed) == ("cancelled", 4)


def test_two_thousand_rows_twice_give_the_same_register(service: Service):
    rows = tuple(AreaRow(code=f"3301060{n // 500:02d}{n % 500:03d}", name=f"Community {n}") for n in range(2000))
    assert service.do(ImportAreas(rows=rows)) == ImportAnswer(count=2000, changed=2000)
    assert service.do(ImportAreas(rows=rows)) == ImportAnswer(count=2000, changed=0)

    within = service.database["areas"].find({"_id": {"$gte": "33", "$lt": "34"}}).to_list()
    assert len(within) == 2000 + 4 + 1 + 1 + 1
    assert {area["version"] for area in within} == {1}


def test_areas_are_listed_page_by_page_and_found_with_what_is_around_them(service: Service, station_id: str):
    rows = [AreaRow(code=f"44010600{n}", name=f"Street {n}") for n in range(5)]
    service.do(ImportAreas(rows=(*rows, AreaRow(code="440106", name="Tianhe"))))

    first = service.ask(ListAreas(parent="440106", after=None, limit=2))
    second = service.ask(ListAreas(parent="440106", after=first.next, limit=2))
    last = service.ask(ListAreas(parent="440106", after=second.next, limit=2))

    codes = [item.code for page in (first, second, last) for item in page.items]
    assert codes == [row.code for row in rows]
    assert last.next is None
    assert AreaName(code="44", name="", level="province") in service.ask(ListAreas(limit=500)).items
    found = service.ask(ReadArea(code="440106001"))
    assert found is not None
    assert found.model_dump(mode="json") == {
        "code": "440106001",
        "name": "Street 1",
        "level": "street",
        "within": [
            {"code": "440106", "name": "Tianhe", "level": "district"},
            {"code": "4401", "name": "", "level": "city"},
            {"code": "44", "name": "", "level": "province"},
        ],
    }
    assert service.ask(ReadArea(code="440106009")) is None
    assert service.ask(ReadArea(code="not a code")) is None
    assert service.ask(FindKnownAreas(codes=("440106009", "440106004", "11"))).codes == ("440106004", "11")


def test_open_alerts_are_found_by_station_and_by_resident_page_by_page(service: Service) -> None:
    def alert(nth: int, state: str, station: str = "station_1", resident: str = "resident_1") -> Alert:
        return Alert.model_validate(
            {
                "id": f"alert_{nth}", "version": 1, "area": COMMUNITY, "station_id": station, "screening_id": "s_1",
                "indicator": "lives_alone", "severity": "watch", "state": state, "detected_at": service.now,
                "answer_by": service.now, "treat_by": service.now, "family": "to_tell", "resident_id": resident,
                "result_id": f"result_{nth}", "escalate": 30,
            }
        )  # fmt: skip

    stored = [
        alert(1, "detected"), alert(2, "treated"), alert(3, "answered", "station_2"), alert(4, "dismissal_asked"),
        alert(5, "detected", resident="resident_2"), alert(6, "dismissed"),
    ]  # fmt: skip
    service.database[Alert.collection].insert_many([one.to_document() for one in stored])
    searches: list[OpenAlertsAt | OpenAlertsOf] = [
        OpenAlertsAt("station_1"), OpenAlertsAt("station_1", "alert_1"), OpenAlertsAt("station_1", "alert_5"),
        OpenAlertsOf("resident_1"), OpenAlertsOf("resident_1", "alert_1"),
    ]  # fmt: skip
    for search in searches:
        (found,) = search.fetch(service.database, [search])  # type: ignore[list-item]
        assert [row["_id"] for row in found] == [one.id for one in stored if search.matches(one)], search


def test_the_things_of_which_a_closed_station_was_reminded_are_found_in_the_store(mongo_uri: str) -> None:
    town = EverythingInMemory()
    searches: list[Any] = [kind.search(town.station_id) for kind in KINDS.values()]
    searches += [UnacceptedAt(town.station_id), UnacceptedOf(town.thing("enquiry sent").need_id)]
    with MongoClient[dict[str, Any]](mongo_uri, tz_aware=True, serverSelectionTimeoutMS=10_000) as client:
        database = client[f"t{uuid4().hex[:12]}_stations"]
        ensure_indexes(database, DECLARATION.indexes)
        found: set[type] = set()
        for _ in range(8):
            for search in searches:
                every = town.engine.all(search.model)
                database[search.model.collection].delete_many({})
                database[search.model.collection].insert_many([one.to_document() for one in every])
                (rows,) = search.fetch(database, [search])
                assert [row["_id"] for row in rows] == [one.id for one in every if search.matches(one)], search
                found |= {type(search)} if rows else set()
            town.engine.advance(DAY)
        client.drop_database(database.name)
    assert found == {type(search) for search in searches} - {HandoversRemindedAt}  # that one would be accepted before
