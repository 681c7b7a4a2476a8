"""Check-in, check-out, no-shows and forgotten check-outs, by the server's clock."""

from datetime import timedelta

import pytest
from volunteering_in_memory import HOUR, MINUTE, NEIGHBOUR, VolunteeringInMemory

from services.volunteering.dispatch.domain.attendance import is_no_show
from services.volunteering.dispatch.domain.recheck import next_recheck
from services.volunteering.dispatch.policy import DispatchPolicy
from shared.contracts.refusals import Refused
from shared.engine.decide.memory import START


def test_check_in_opens_an_hour_before_the_slot_and_closes_with_it(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True)
    service.publish("need_1", starts=3 * HOUR)
    (row,) = service.dispatches("need_1")
    with pytest.raises(Refused) as refused:
        service.check_in(row.id)
    assert (refused.value.code, refused.value.rule) == ("wrong_state", "check_in_not_open")
    service.wait(2 * HOUR)
    assert service.check_in(row.id).state == "checked_in"


def test_a_volunteer_counts_as_absent_at_the_half_hour_after_the_slot(staffed: VolunteeringInMemory) -> None:
    staffing = staffed.staffing("need_1")
    (row,) = staffing.dispatches
    at = staffing.ends_at + 30 * MINUTE
    assert not is_no_show(staffing, row, at - timedelta(milliseconds=1))
    assert is_no_show(staffing, row, at)


def test_the_event_about_a_check_out_has_its_time(staffed: VolunteeringInMemory) -> None:
    staffed.serve("need_1")
    (view,) = staffed.last_event("need_1").changed
    assert (view.checked_in_at, view.checked_out_at) == (staffed.engine.now - HOUR, staffed.engine.now)


def test_where_too_few_came_and_all_have_left_the_service_counts_as_served_once_its_slot_is_over(
    service: VolunteeringInMemory,
) -> None:
    service.volunteer(standing=True)
    service.publish("need_1", 2)
    (row,) = service.dispatches("need_1", "accepted")
    service.wait(service.staffing("need_1").starts_at - service.engine.now)
    service.check_in(row.id)
    service.check_out(row.id)
    ends_at = service.staffing("need_1").ends_at
    not_searching = service.staffing("need_1").model_copy(update={"waiting_in": None})
    assert next_recheck(not_searching, service.engine.now, DispatchPolicy()) == ends_at
    service.wait(ends_at - service.engine.now + 10 * MINUTE)
    assert service.staffing("need_1").state == "served"


def test_check_out_needs_a_check_in_and_happens_once(staffed: VolunteeringInMemory) -> None:
    (row,) = staffed.dispatches("need_1")
    with pytest.raises(Refused):
        staffed.check_out(row.id)
    staffed.serve("need_1")
    with pytest.raises(Refused):
        staffed.check_out(row.id)
    assert staffed.person(row.volunteer_id).kept == 1


def test_nobody_checks_out_before_the_slot_begins_and_whoever_cannot_stay_withdraws(
    staffed: VolunteeringInMemory,
) -> None:
    (row,) = staffed.dispatches("need_1")
    staffed.wait(30 * MINUTE)
    staffed.check_in(row.id)
    with pytest.raises(Refused) as refused:
        staffed.check_out(row.id)
    assert (refused.value.code, refused.value.rule) == ("wrong_state", "slot_not_begun")
    other = staffed.volunteer(NEIGHBOUR, standing=True)
    assert staffed.decline(row.id).state == "declined"
    assert staffed.last_event("need_1").checked_in == 0
    person = staffed.person(row.volunteer_id)
    assert (person.serving, person.bookings, person.kept) == (None, (), 0)
    assert [one.volunteer_id for one in staffed.dispatches("need_1", "accepted")] == [other], "the place is given on"
    assert staffed.broken_laws() == []


def test_once_the_slot_has_begun_one_checks_out_and_withdraws_no_more(staffed: VolunteeringInMemory) -> None:
    (row,) = staffed.dispatches("need_1")
    staffed.wait(30 * MINUTE)
    staffed.check_in(row.id)
    staffed.wait(30 * MINUTE)
    with pytest.raises(Refused) as refused:
        staffed.decline(row.id)
    assert refused.value.rule == "dispatch_not_in_state"
    assert staffed.check_out(row.id).state == "checked_out"


def test_no_time_is_stated_before_the_slot_begins(staffed: VolunteeringInMemory) -> None:
    (row,) = staffed.dispatches("need_1")
    staffed.wait(30 * MINUTE)
    staffed.check_in(row.id)
    staffed.wait(20 * MINUTE)
    with pytest.raises(Refused) as refused:
        staffed.state_hours(row.id, 40 * MINUTE)
    assert refused.value.rule == "slot_not_begun"


@pytest.mark.parametrize(("came", "left"), [(30, 50), (70, 70)], ids=["gone before the slot", "did nothing"])
def test_a_time_without_presence_in_the_slot_is_no_service_and_the_place_is_open_again(
    staffed: VolunteeringInMemory, came: int, left: int
) -> None:
    (row,) = staffed.dispatches("need_1")
    staffed.wait(30 * MINUTE)
    staffed.check_in(row.id)
    staffed.wait(HOUR)
    other = staffed.volunteer(NEIGHBOUR, standing=True)
    times = {"left": left * MINUTE, "came": came * MINUTE, "reason_code": "did_not_serve"}
    assert staffed.state_hours(row.id, **times).state == "declined"
    staffed.wait()
    assert [one.volunteer_id for one in staffed.dispatches("need_1", "accepted")] == [other]
    assert staffed.person(row.volunteer_id).missed == 1
    assert staffed.broken_laws() == []


def test_a_forgotten_check_out_of_somebody_who_did_not_serve_leaves_the_need_unserved(
    staffed: VolunteeringInMemory,
) -> None:
    (row,) = staffed.dispatches("need_1")
    staffed.wait(HOUR)
    staffed.check_in(row.id)
    staffed.wait(4 * HOUR)
    assert (staffed.state("need_1"), staffed.person(row.volunteer_id).kept) == ("served", 1)
    closed = staffed.state_hours(row.id, HOUR, HOUR, reason_code="did_not_serve")
    assert (closed.state, closed.minutes, closed.hours_due) == ("declined", 0, None)
    assert staffed.state("need_1") != "served"
    person = staffed.person(row.volunteer_id)
    assert (person.kept, person.missed) == (0, 1)
    assert staffed.broken_laws() == []


def test_one_cannot_serve_in_two_places_at_the_same_time(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True)
    service.publish("need_1", lasts=HOUR)
    service.publish("need_2", starts=2 * HOUR)
    service.wait(HOUR)
    service.check_in(service.dispatches("need_1")[0].id)
    service.wait(30 * MINUTE)
    with pytest.raises(Refused) as refused:
        service.check_in(service.dispatches("need_2")[0].id)
    own = service.dispatches("need_1")[0].id
    assert (refused.value.rule, refused.value.field) == ("checked_in_elsewhere", "dispatch_id")
    assert refused.value.values["other"] == own
    service.check_out(service.dispatches("need_1")[0].id)
    assert service.check_in(service.dispatches("need_2")[0].id).state == "checked_in"


def test_who_forgets_to_check_out_has_served_and_nobody_knows_how_long(staffed: VolunteeringInMemory) -> None:
    (row,) = staffed.dispatches("need_1")
    staffed.wait(30 * MINUTE)
    staffed.check_in(row.id)  # half an hour early
    staffed.wait(4 * HOUR)
    (row,) = staffed.dispatches("need_1")
    assert (row.state, row.minutes, row.checked_out_at) == ("checked_out", 0, None)
    assert row.hours_due is not None
    assert timedelta() <= row.hours_due - (START + 4 * HOUR + timedelta(days=3)) < 6 * MINUTE
    assert staffed.state("need_1") == "served"
    assert staffed.person(row.volunteer_id).serving is None


def test_who_does_not_come_loses_the_place_and_the_service_of_the_others_counts(service: VolunteeringInMemory) -> None:
    people = [service.volunteer(standing=True), service.volunteer(NEIGHBOUR, standing=True)]
    service.publish("need_1", 2)
    service.wait(HOUR)
    came, absent = service.dispatches("need_1")
    service.check_in(came.id)
    service.wait(HOUR)
    service.check_out(came.id)
    assert service.state("need_1") == "serving"
    service.wait(2 * HOUR)
    assert service.states("need_1") == ["cancelled", "checked_out"]
    assert service.state("need_1") == "served"
    assert sorted(service.person(p).missed for p in people) == [0, 1]
    assert service.person(absent.volunteer_id).missed == 1


def test_a_service_with_too_few_people_is_served_once_its_slot_is_over(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True)
    service.publish("need_1", 2)
    assert (service.state("need_1"), service.last_event("need_1").confirmed) == ("waiting", 1)
    service.serve("need_1", HOUR)
    assert service.state("need_1") == "serving"
    service.wait(2 * HOUR)
    assert service.state("need_1") == "served"


def test_a_confirmation_that_comes_first_leaves_nobody_booked(service: VolunteeringInMemory) -> None:
    someone = service.volunteer(standing=True)
    service.confirm("need_1")
    service.publish("need_1")
    assert (service.state("need_1"), service.person(someone).bookings) == ("credited", ())
