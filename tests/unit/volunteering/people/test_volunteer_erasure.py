"""The erasure of a volunteer: nothing leads to the person any more, nobody waits in vain, and hours stay."""

from datetime import timedelta

import pytest
from erasing import counts, erasure_of, fail, letters, outcomes
from volunteering_in_memory import COMMUNITY, HOUR, PLACE, VolunteeringInMemory, registration

from services.volunteering.people.domain import VolunteerPerson
from shared.contracts.volunteering.erasures import VolunteeringErasureAnswered
from shared.contracts.volunteering.people import VolunteerErased
from shared.engine.decide.external_ids import ExternalId
from shared.people import DataKey
from shared.people.erasing import RETRY, ErasurePart


def erase(service: VolunteeringInMemory, volunteer: str, reach: str = "") -> None:
    service.engine.event(erasure_of(("volunteer", volunteer), reach=reach))
    service.wait(timedelta(minutes=1))


def last_outcome(service: VolunteeringInMemory) -> tuple[str, dict[str, int], list[str]]:
    outcome = outcomes(service.engine, VolunteeringErasureAnswered)[-1]
    return outcome.state, counts(outcome), [kept.code for kept in outcome.kept]


def test_record_key_and_name_go_and_the_id_leads_to_nobody(service: VolunteeringInMemory) -> None:
    gone = service.volunteer(birth_year=1950, external_id="crm-17", skills=("cooking",))
    stays = service.volunteer(external_id="crm-18")
    erase(service, gone)
    assert [person.id for person in service.engine.all(VolunteerPerson)] == [stays]
    assert [key.id for key in service.engine.all(DataKey)] == [f"person:{stays}"]
    assert [name.about for name in service.engine.all(ExternalId)] == [stays]
    left = service.person(gone)
    assert (left.home, left.tags, left.windows, left.birth_year) == ((0.0, 0.0), (), (), None)
    erased = {"matching_profile": 1, "personal_record": 1, "data_key": 1, "external_ids": 1}
    assert last_outcome(service) == ("erased", erased, ["kept_hours_nameless", "kept_dispatches_nameless"])
    assert [event.volunteer_id for event in service.engine.emitted(VolunteerErased)] == [gone]


def test_the_day_of_registration_stays_where_a_replay_has_deleted_the_record_before(
    service: VolunteeringInMemory,
) -> None:
    gone = service.volunteer()
    registered = service.engine.one(VolunteerPerson, gone).registered_at
    del service.engine.entities[VolunteerPerson, gone]
    service.wait(timedelta(days=9))
    erase(service, gone)
    (event,) = service.engine.emitted(VolunteerErased)
    assert abs(event.registered_at - registered) < timedelta(seconds=1), "a restore changes no statistics"


def test_a_promise_is_taken_back_and_somebody_else_is_found(service: VolunteeringInMemory) -> None:
    gone = service.volunteer(standing=True)
    service.publish("need_1")
    assert service.states("need_1") == ["accepted"]
    successor = service.volunteer(standing=True)
    erase(service, gone)
    assert [(row.volunteer_id, row.state) for row in service.dispatches("need_1")] == [
        (gone, "cancelled"),
        (successor, "accepted"),
    ]
    assert (service.person(gone).bookings, service.person(gone).missed) == ((), 0)
    assert last_outcome(service)[1]["open_dispatches"] == 1
    assert service.broken_laws() == []


def test_an_open_offer_is_taken_back_and_no_other_is_made(service: VolunteeringInMemory) -> None:
    gone = service.volunteer()
    service.publish("need_1")
    erase(service, gone)
    service.publish("need_2", starts=5 * HOUR)
    assert service.states("need_1") == ["cancelled"]
    assert service.dispatches("need_2") == []


def test_a_service_under_way_ends_first_and_its_minutes_are_earned(staffed: VolunteeringInMemory) -> None:
    (row,) = staffed.dispatches("need_1")
    staffed.wait(HOUR)
    staffed.check_in(row.id)
    erase(staffed, row.volunteer_id)
    waits = outcomes(staffed.engine, VolunteeringErasureAnswered)[-1]
    assert (waits.state, waits.waiting and waits.waiting.code) == ("waiting", "service_under_way")
    assert len(staffed.engine.all(VolunteerPerson)) == 1
    staffed.wait(HOUR)
    staffed.check_out(row.id)
    staffed.wait(RETRY)
    assert last_outcome(staffed)[0] == "erased"
    assert staffed.engine.all(VolunteerPerson) == []
    staffed.confirm("need_1")
    staffed.wait()
    assert staffed.minutes(row.volunteer_id) > 60
    assert staffed.broken_laws() == []


def test_a_failed_command_about_the_person_is_deleted_and_those_of_others_stay(service: VolunteeringInMemory) -> None:
    gone = service.volunteer(name="Li Invented", phone="13800000001")
    again = fail(service.engine, service.vault, 1, registration(name="Somebody", phone="13800000001"))
    namesake = fail(service.engine, service.vault, 2, registration(name="Li Invented", phone="13800000002"))
    erase(service, gone)
    assert letters(service.engine) == [namesake] != [again]
    assert last_outcome(service)[1]["failed_messages"] == 1


def test_a_failed_command_with_the_e_mail_address_is_deleted_and_one_with_a_longer_address_stays(
    service: VolunteeringInMemory,
) -> None:
    gone = service.volunteer(email="li@example.org")
    again = fail(service.engine, service.vault, 1, registration(phone="13800000003", email="li@example.org"))
    other = fail(service.engine, service.vault, 2, registration(phone="13800000004", email="wen.li@example.org"))
    erase(service, gone)
    assert letters(service.engine) == [other] != [again]


def test_every_page_of_failed_commands_is_searched_before_the_key_goes(service: VolunteeringInMemory) -> None:
    gone = service.volunteer(phone="13800000001")
    for number in range(120):
        fail(service.engine, service.vault, number, registration(phone=f"1390000{number:04d}"))
    fail(service.engine, service.vault, 120, registration(phone="13800000001"))
    erase(service, gone)
    assert len(letters(service.engine)) == 120
    assert last_outcome(service)[1]["failed_messages"] == 1


def test_a_command_that_fails_behind_the_search_is_found_before_the_key_goes(service: VolunteeringInMemory) -> None:
    gone = service.volunteer(phone="13800000001")
    for number in range(100, 160):
        fail(service.engine, service.vault, number, registration(phone=f"1390000{number:04d}"))
    service.engine.event(erasure_of(("volunteer", gone)))
    while not service.engine.all(ErasurePart)[0].searched:
        service.engine.advance(timedelta(milliseconds=1))
    late = fail(service.engine, service.vault, 1, registration(phone="13800000001"))
    assert late < service.engine.all(ErasurePart)[0].searched
    service.wait(timedelta(minutes=1))
    assert late not in letters(service.engine)
    assert last_outcome(service)[1]["failed_messages"] == 1


@pytest.mark.parametrize(("volunteer", "reach"), [("vol_nobody", ""), (None, "110105")])
def test_an_unknown_person_and_one_beyond_the_reach_are_answered_alike(
    service: VolunteeringInMemory, volunteer: str | None, reach: str
) -> None:
    known = service.volunteer(COMMUNITY, location=PLACE)
    erase(service, volunteer or known, reach)
    assert last_outcome(service) == ("unknown", {}, [])
    assert [person.id for person in service.engine.all(VolunteerPerson)] == [known]


def test_a_second_erasure_and_a_repeated_event_find_nothing_more(service: VolunteeringInMemory) -> None:
    gone = service.volunteer()
    erase(service, gone)
    erase(service, gone)
    assert len(outcomes(service.engine, VolunteeringErasureAnswered)) == 1
    service.engine.event(erasure_of(("volunteer", gone), erasure_id="erasure_2"))
    service.wait(timedelta(minutes=1))
    assert last_outcome(service)[:2] == ("erased", {})
