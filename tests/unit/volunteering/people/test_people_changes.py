"""A volunteer changes terms, pauses, leaves, comes back: promises go to others, the record and the hours stay."""

from datetime import timedelta
from typing import Any

import pytest
from opened import opened
from volunteering_in_memory import (
    COMMUNITY,
    HOUR,
    MINUTE,
    NEIGHBOUR,
    OTHER_CITY,
    OTHER_DISTRICT,
    PLACE,
    VolunteeringInMemory,
    window,
)

from services.volunteering.matching.domain.months import month_of
from services.volunteering.people.domain import VolunteerPerson
from shared.contracts.messages import Command
from shared.contracts.need_parts import Place
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.people import (
    ChangeVolunteer,
    EndVolunteering,
    PauseVolunteer,
    ResumeVolunteer,
    VolunteerAnswer,
    VolunteerChanged,
)
from shared.people import Marker

DAY = timedelta(days=1)


def send(service: VolunteeringInMemory, command: Command) -> VolunteerAnswer:
    answer: VolunteerAnswer = service.engine.command(command)
    service.wait()
    return answer


def change(service: VolunteeringInMemory, volunteer: str, **fields: Any) -> VolunteerAnswer:
    return send(service, ChangeVolunteer(volunteer_id=volunteer, **fields))


def holder(service: VolunteeringInMemory, need: str) -> list[str]:
    return [row.volunteer_id for row in service.dispatches(need, "accepted", "offered")]


def test_new_skills_reach_a_need_that_waits_for_them(service: VolunteeringInMemory) -> None:
    someone = service.volunteer(standing=True)
    service.publish("need_1", skills=("driving",))
    answer = change(service, someone, skills=("driving",))
    assert (answer.skills, answer.state) == (("driving",), "active")
    assert holder(service, "need_1") == [someone]
    (said,) = service.engine.emitted(VolunteerChanged)
    assert (said.volunteer_id, said.skills, said.state) == (someone, ("driving",), "active")


@pytest.mark.parametrize(
    "fields",
    [
        {"skills": ()},
        {"availability": (window((7,), "09:00", "10:00"),)},
        {"location": Place(lon=PLACE.lon + 0.5, lat=PLACE.lat)},
        {"area": OTHER_CITY},
    ],
    ids=["skill gone", "other hours", "too far", "another city"],
)
def test_a_promise_that_no_longer_fits_goes_to_somebody_else(
    service: VolunteeringInMemory, fields: dict[str, Any]
) -> None:
    someone = service.volunteer(skills=("driving",))
    service.promise("need_1", someone, skills=("driving",), starts=30 * HOUR)
    other = service.volunteer(NEIGHBOUR, standing=True, skills=("driving",))
    change(service, someone, **fields)
    assert holder(service, "need_1") == [other]
    assert (service.person(someone).bookings, service.person(someone).missed) == ((), 0)
    assert service.broken_laws() == []


def test_a_promise_that_fits_still_stays_and_so_does_one_under_way(service: VolunteeringInMemory) -> None:
    someone = service.volunteer(skills=("driving", "cooking"))
    kept = service.promise("need_1", someone, skills=("driving",))
    change(service, someone, skills=("driving",), phone="13911112222")
    assert holder(service, "need_1") == [someone]
    service.wait(HOUR)
    service.check_in(kept)
    send(service, EndVolunteering(volunteer_id=someone))
    service.wait(HOUR - timedelta(seconds=1))
    service.check_out(kept)
    service.confirm("need_1")
    assert service.minutes(someone) == 60
    assert service.broken_laws() == []


def test_who_leaves_is_asked_no_more_and_keeps_the_hours_that_are_still_to_be_confirmed(
    service: VolunteeringInMemory,
) -> None:
    someone = service.volunteer()
    service.promise("need_1", someone)
    service.promise("need_2", someone, starts=50 * HOUR)
    service.serve("need_1")
    answer = send(service, EndVolunteering(volunteer_id=someone))
    assert answer.state == "left"
    assert (holder(service, "need_2"), service.state("need_2")) == ([], "waiting")
    service.confirm("need_1")
    assert service.minutes(someone) == 60
    assert service.person(someone).kept == 1
    service.publish("need_3", starts=80 * HOUR)
    assert holder(service, "need_3") == []


def test_a_late_departure_counts_as_a_late_withdrawal_and_a_booking_made_unasked_does_not(
    service: VolunteeringInMemory,
) -> None:
    asked = service.volunteer()
    service.promise("need_1", asked)
    send(service, EndVolunteering(volunteer_id=asked))
    assert service.person(asked).missed == 1
    unasked = service.volunteer(standing=True)
    service.wait()
    assert holder(service, "need_1") == [unasked]
    send(service, EndVolunteering(volunteer_id=unasked))
    assert service.person(unasked).missed == 0


def test_a_pause_gives_back_what_is_in_it_and_keeps_what_comes_after(service: VolunteeringInMemory) -> None:
    someone = service.volunteer()
    service.promise("within", someone, starts=30 * HOUR)
    service.promise("after", someone, starts=10 * DAY)
    until = service.engine.now + 5 * DAY
    answer = send(service, PauseVolunteer(volunteer_id=someone, until=until))
    assert (answer.state, answer.paused_until) == ("paused", until)
    assert (holder(service, "within"), holder(service, "after")) == ([], [someone])
    service.publish("need_3", starts=7 * DAY, score=60)
    assert service.state("need_3") == "waiting"
    service.wait(5 * DAY)
    assert holder(service, "need_3") == [someone]
    assert [said.state for said in service.engine.emitted(VolunteerChanged)] == ["paused", "active"]


def test_a_pause_without_an_end_lasts_until_the_volunteer_resumes(service: VolunteeringInMemory) -> None:
    someone = service.volunteer(standing=True)
    send(service, PauseVolunteer(volunteer_id=someone, until=service.engine.now + HOUR))
    send(service, PauseVolunteer(volunteer_id=someone))
    service.publish("need_1", starts=50 * HOUR)
    service.wait(20 * HOUR)
    assert holder(service, "need_1") == []
    assert send(service, ResumeVolunteer(volunteer_id=someone)).state == "active"
    assert holder(service, "need_1") == [someone]


def test_who_left_may_come_back_and_terms_may_change_meanwhile(service: VolunteeringInMemory) -> None:
    someone = service.volunteer(standing=True)
    service.publish("need_1", skills=("driving",), starts=20 * HOUR)
    send(service, EndVolunteering(volunteer_id=someone))
    change(service, someone, skills=("driving",))
    assert holder(service, "need_1") == []
    with pytest.raises(Refused) as refused:
        send(service, PauseVolunteer(volunteer_id=someone))
    assert refused.value.rule == "volunteer_has_left"
    send(service, ResumeVolunteer(volunteer_id=someone))
    assert holder(service, "need_1") == [someone]


def test_revoked_standing_acceptance_turns_bookings_made_unasked_into_offers(service: VolunteeringInMemory) -> None:
    someone = service.volunteer(standing=True)
    service.publish("need_1")
    answer = change(service, someone, standing_acceptance=False)
    assert answer.standing_acceptance is False
    assert [row.volunteer_id for row in service.dispatches("need_1", "offered")] == [someone]
    assert service.person(someone).missed == 0
    service.accept(service.dispatches("need_1", "offered")[0].id)
    change(service, someone, phone="13911112222")
    assert service.state("need_1") == "staffed"
    service.publish("need_2", starts=9 * HOUR)
    assert service.states("need_2") == ["offered"]


def test_a_new_phone_is_sealed_and_the_volunteer_is_found_by_it(service: VolunteeringInMemory) -> None:
    someone = service.volunteer(phone="13911112222")
    change(service, someone, phone="13933334444", area=OTHER_DISTRICT)
    person = service.engine.one(VolunteerPerson, someone)
    marker = Marker(service.vault)
    assert opened(service.engine, service.vault, person, "phone") == "+8613933334444"
    assert marker.of_phone("+8613933334444") in (person.marks or ())
    assert marker.of_phone("+8613911112222") not in (person.marks or ())
    assert (person.area, service.person(someone).area) == (OTHER_DISTRICT, OTHER_DISTRICT)
    assert "13933334444" not in f"{service.engine.events} {list(service.engine.entities.values())}"


def test_an_e_mail_address_is_added_changed_and_removed(service: VolunteeringInMemory) -> None:
    someone = service.volunteer()
    for written in ("wen@example.org", "wen.li@example.org"):
        change(service, someone, email=written)
        person = service.engine.one(VolunteerPerson, someone)
        assert opened(service.engine, service.vault, person, "email") == written
    change(service, someone, phone="13933334444")
    assert service.engine.one(VolunteerPerson, someone).email == person.email, "null changes nothing"
    change(service, someone, email="")
    assert service.engine.one(VolunteerPerson, someone).email is None


def test_a_change_of_nothing_and_a_pause_of_yesterday_are_refused(service: VolunteeringInMemory) -> None:
    someone = service.volunteer()
    with pytest.raises(ValueError, match="nothing_to_change"):
        ChangeVolunteer(volunteer_id=someone)
    for command, rule in (
        (PauseVolunteer(volunteer_id=someone, until=service.engine.now - MINUTE), "pause_ends_in_past"),
        (ChangeVolunteer(volunteer_id=someone, area="11"), "home_area_too_wide"),
        (ChangeVolunteer(volunteer_id="vol_nobody", phone="13911112222"), "unknown_id"),
    ):
        with pytest.raises(Refused) as refused:
            service.engine.command(command)
        assert refused.value.rule == rule


def test_an_id_that_was_merged_is_changed_under_the_one_that_stands_for_it(service: VolunteeringInMemory) -> None:
    old, new = service.volunteer(), service.volunteer(COMMUNITY)
    service.merge(old, new)
    with pytest.raises(Refused) as refused:
        service.engine.command(EndVolunteering(volunteer_id=old))
    assert refused.value.rule == "merged_already"
    assert new in str(refused.value.to_json())


def test_a_child_without_consent_stays_unmatched_whatever_else_changes(service: VolunteeringInMemory) -> None:
    child = service.volunteer(standing=True, birth_year=2016)
    service.publish("need_1", starts=50 * HOUR)
    change(service, child, skills=("driving",))
    send(service, PauseVolunteer(volunteer_id=child))
    change(service, child, skills=("cooking",))
    send(service, ResumeVolunteer(volunteer_id=child))
    assert holder(service, "need_1") == []


def test_a_merged_or_erased_volunteer_does_not_come_back_with_the_end_of_a_pause(service: VolunteeringInMemory) -> None:
    old, new = service.volunteer(), service.volunteer()
    send(service, PauseVolunteer(volunteer_id=old, until=service.engine.now + HOUR))
    service.merge(old, new)
    service.wait(2 * HOUR)
    service.publish("need_1", starts=50 * HOUR)
    assert holder(service, "need_1") == [new]


def test_who_changes_something_has_acted_this_month(service: VolunteeringInMemory) -> None:
    someone = service.volunteer()
    assert service.person(someone).answered_month == 0
    change(service, someone, phone="13911112222")
    assert service.person(someone).answered_month == month_of(service.engine.now)
