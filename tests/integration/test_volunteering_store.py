"""Volunteering over a real MongoDB: replicas that collide, the way to credited hours, words that lie sealed."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from actors import ANYBODY
from volunteering_store import COMMUNITY, HOUR, NEIGHBOUR, PLACE, Service, make

from services.volunteering.dispatch.timers import PatrolDue, StaffingDue
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.need_parts import Place
from shared.contracts.stations.needs import NeedCancelled, NeedConfirmed, NeedPublished
from shared.contracts.volunteering.dispatch import (
    AcceptOffer,
    AdjustHours,
    CheckIn,
    CheckOut,
    DeclineOffer,
    ReadDispatch,
)
from shared.contracts.volunteering.people import ReadVolunteer, RegisterVolunteer
from shared.contracts.volunteering.timebank import ReadTimeStatement
from shared.engine.store.errors import Conflict
from shared.ledger.checks import database_violations
from shared.runtime.audit import AUDIT

pytestmark = pytest.mark.integration


@pytest.fixture
def service(mongo_uri: str) -> Iterator[Service]:
    yield from make(mongo_uri)


def test_from_offer_to_credited_hours_and_the_statement(service: Service) -> None:
    volunteer = service.volunteer(skills=("driving",))
    service.do(service.need(NeedPublished, "need_1", skills=("driving",)))
    (offer,) = service.staffing("need_1").dispatches
    answer = service.do(AcceptOffer(dispatch_id=offer.id))
    assert (answer.state, answer.volunteer_id) == ("accepted", volunteer)
    assert service.ask(ReadDispatch(dispatch_id=offer.id)) == answer
    service.now += HOUR
    service.do(CheckIn(dispatch_id=offer.id))
    service.now += HOUR
    assert service.do(CheckOut(dispatch_id=offer.id)).minutes == 60
    service.do(service.need(NeedConfirmed, "need_1", version=8))
    service.do(service.need(NeedConfirmed, "need_1", version=8))
    statement = service.ask(ReadTimeStatement(volunteer_id=volunteer))
    assert (statement.balance_minutes, statement.next) == (60, None)
    assert [(i.minutes, i.cause, i.reason) for i in statement.items] == [(60, offer.id, "service_confirmed")]
    assert database_violations(service.database) == []


def test_statements_come_in_pages(service: Service) -> None:
    volunteer = service.volunteer(standing=True)
    for n in range(3):
        service.do(service.need(NeedPublished, f"need_{n}"))
        service.now += HOUR
        (row,) = service.staffing(f"need_{n}").dispatches
        service.do(CheckIn(dispatch_id=row.id))
        service.now += HOUR
        service.do(CheckOut(dispatch_id=row.id))
        service.do(service.need(NeedConfirmed, f"need_{n}", version=8))
    first = service.ask(ReadTimeStatement(volunteer_id=volunteer, limit=2))
    rest = service.ask(ReadTimeStatement(volunteer_id=volunteer, after=first.next, limit=2))
    assert [len(first.items), len(rest.items), rest.next] == [2, 1, None]
    assert first.balance_minutes == 180


def test_an_adjustment_stands_at_the_end_of_the_statement_however_it_is_paged(service: Service) -> None:
    volunteer = service.volunteer(standing=True)
    for n in range(2):
        service.do(service.need(NeedPublished, f"need_{n}"))
        service.now += HOUR
        (row,) = service.staffing(f"need_{n}").dispatches
        service.do(CheckIn(dispatch_id=row.id))
        service.now += HOUR
        service.do(CheckOut(dispatch_id=row.id))
        service.do(service.need(NeedConfirmed, f"need_{n}", version=8))
    service.actor = Actor(kind="key", id="key_second", roles=("station_worker",))
    service.now += HOUR
    (row,) = service.staffing("need_0").dispatches
    service.do(AdjustHours(dispatch_id=row.id, minutes=45, reason_code="left_earlier"))
    found, after = [], None
    for _ in range(5):  # one more than there are entries
        page = service.ask(ReadTimeStatement(volunteer_id=volunteer, after=after, limit=1))
        found += page.items
        after = page.next
        if after is None:
            break
    assert [entry.minutes for entry in found[:2]] == [60, 60]
    assert sorted(entry.minutes for entry in found[2:]) == [-60, 45]
    assert page.balance_minutes == sum(entry.minutes for entry in found) == 105
    assert service.ask(ReadTimeStatement(volunteer_id=volunteer, after="unknown")).items == ()
    assert database_violations(service.database) == []


def test_two_replicas_that_choose_the_same_volunteer_collide_and_the_second_finds_another(service: Service) -> None:
    service.volunteer(standing=True)
    one = service.decide(service.need(NeedPublished, "need_1"))
    other = service.decide(service.need(NeedPublished, "need_2"))
    service.commit(one)
    with pytest.raises(Conflict):
        service.commit(other)
    service.do(service.need(NeedPublished, "need_2"))
    assert (service.staffing("need_1").state, service.staffing("need_2").state) == ("staffed", "waiting")
    assert service.double_bookings() == []


def test_one_person_whom_two_replicas_register_at_once_is_checked(service: Service) -> None:
    asked = [
        RegisterVolunteer(name="Wang Invented", phone="13900000001", area=area, location=PLACE)
        for area in (COMMUNITY, NEIGHBOUR)
    ]
    one, other = (service.decide(registration) for registration in asked)
    known = service.commit(one)
    with pytest.raises(Conflict):
        service.commit(other)
    second = service.do(asked[1])
    assert (known.state, second.state) == ("active", "pending")
    (check,) = service.database["identity_checks"].find()
    assert (check["volunteer_id"], check["known_id"], check["area"]) == (second.id, known.id, COMMUNITY[:9])
    (shown,) = service.ask(ReadVolunteer(volunteer_id=known.id), actor=ANYBODY, why="test").second_registrations
    assert (shown.check_id, shown.state) == (check["_id"], "open")
    assert service.ask(ReadVolunteer(volunteer_id=second.id), actor=ANYBODY, why="test").second_registrations == ()


def test_people_from_before_there_were_claims_are_found_in_the_store_by_their_marks(service: Service) -> None:
    service.volunteer(name="Wang Invented", phone="13900000001", birth_year=1960)
    service.database["person_claims"].delete_many({})
    service.volunteer(name="Wang Invented", phone="13900000002", birth_year=1960)
    same = service.volunteer(name="Wang Invented", phone="13900000001", birth_year=1960)
    assert [check["volunteer_id"] for check in service.database["identity_checks"].find()] == [same]


def test_a_waiting_need_is_woken_by_whom_another_need_frees(service: Service) -> None:
    service.volunteer(standing=True)
    service.do(service.need(NeedPublished, "need_1"))
    service.do(service.need(NeedPublished, "need_2"))
    (waiting,) = service.staffing("need_2").waiting
    assert waiting.for_what.code == "for_volunteers"
    service.do(service.need(NeedCancelled, "need_1", version=5))
    row = service.database["timers"].find_one({"_id": "staffing:need_2"})
    assert row is not None
    assert row["due"] <= service.now + timedelta(milliseconds=100)
    service.do(StaffingDue(need_id="need_2"))
    assert service.staffing("need_2").state == "staffed"


def test_the_patrol_finds_those_who_did_not_come(service: Service) -> None:
    volunteer = service.volunteer(standing=True)
    service.do(service.need(NeedPublished, "need_1"))
    service.now += 3 * HOUR
    service.do(PatrolDue())
    assert service.database["timers"].find_one({"_id": "staffing:need_1"}) is not None
    service.do(StaffingDue(need_id="need_1"))
    assert [d.state for d in service.staffing("need_1").dispatches] == ["cancelled"]
    assert service.database["volunteers"].find_one({"_id": volunteer})["missed"] == 1  # type: ignore[index]


def test_everything_is_read_back_as_it_was_written(service: Service) -> None:
    service.volunteer(skills=("driving",), languages=("kor",), birth_year=1960)
    service.volunteer(standing=True)
    decided = service.decide(service.need(NeedPublished, "need_1", 3))
    service.commit(decided)
    for (model, entity_id), _, entity in decided.writes:
        stored = service.database[model.collection].find_one({"_id": entity_id})
        assert stored is not None
        assert model.from_document(stored) == entity


def test_who_a_volunteer_is_lies_sealed_and_reading_it_is_recorded(service: Service) -> None:
    place = Place(lon=116.3412345, lat=39.9398765)
    volunteer = service.volunteer(name="Qian Invented", phone="+8613612345678", location=place)
    stored = str(list(service.database["volunteers"].find())) + str(list(service.database["volunteer_people"].find()))
    assert not any(secret in stored for secret in ("Qian", "13612345678", "3412345", "9398765"))

    with pytest.raises(Refused):
        service.ask(ReadVolunteer(volunteer_id=volunteer), actor=ANYBODY, why=" ")
    assert service.database[AUDIT].count_documents({}) == 0

    query = ReadVolunteer(volunteer_id=volunteer)
    read = service.ask(query, actor=ANYBODY, why="calls about a visit")
    assert read is not None
    assert (read.name, read.phone, read.location) == ("Qian Invented", "+8613612345678", place)
    (row,) = service.database[AUDIT].find()
    assert (row["by"][0], row["about"], row["why"]) == (ANYBODY.id, [volunteer], "calls about a visit")
    elsewhere = ANYBODY.model_copy(update={"area": "310101"})
    assert service.ask(query, actor=elsewhere, why="b") is None
    assert service.ask(ReadVolunteer(volunteer_id="vol_9"), actor=ANYBODY, why="b") is None
    assert service.database[AUDIT].count_documents({}) == 1, "a volunteer that does not exist is not on record"
    with pytest.raises(Refused):  # nor does a read without a reason tell whether a volunteer exists
        service.ask(ReadVolunteer(volunteer_id="vol_9"), actor=ANYBODY, why=" ")


def test_a_decline_asks_the_next_in_the_same_decision(service: Service) -> None:
    for _ in range(3):
        service.volunteer(NEIGHBOUR)
    service.do(service.need(NeedPublished, "need_1"))
    first = service.staffing("need_1").dispatches[0]
    service.do(DeclineOffer(dispatch_id=first.id))
    assert sorted(d.state for d in service.staffing("need_1").dispatches) == ["declined", "offered", "offered"]
