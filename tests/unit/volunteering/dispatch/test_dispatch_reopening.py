"""A need that was unmet or cancelled is open again: its people are looked for once more."""

from datetime import timedelta

import pytest
from volunteering_in_memory import VolunteeringInMemory

DAY = timedelta(days=1)


@pytest.mark.parametrize("end", ["cancel", "unmet"])
def test_whoever_was_booked_before_the_end_is_booked_again(service: VolunteeringInMemory, end: str) -> None:
    helper = service.volunteer(standing=True)
    service.publish("need_1")
    getattr(service, end)("need_1")
    assert service.states("need_1") == ["cancelled"]
    service.reopen("need_1")
    assert [row.volunteer_id for row in service.dispatches("need_1", "accepted")] == [helper]
    assert (service.state("need_1"), service.broken_laws()) == ("staffed", [])


def test_whoever_declined_is_asked_once_more(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.publish("need_1")
    (offer,) = service.dispatches("need_1", "offered")
    service.decline(offer.id)
    service.unmet("need_1")
    service.reopen("need_1", starts=DAY)
    (again,) = service.dispatches("need_1", "offered")
    service.decline(again.id)
    service.wait(DAY / 2)
    assert service.states("need_1") == ["declined", "declined"]


def test_a_promise_for_the_former_slot_binds_nobody_where_the_reopening_overtakes_the_end(
    service: VolunteeringInMemory,
) -> None:
    helper = service.volunteer(standing=True)
    service.publish("need_1")
    service.reopen("need_1", starts=DAY)
    service.unmet("need_1")
    assert service.states("need_1") == ["accepted", "cancelled"]
    (hold,) = service.person(helper).bookings
    assert hold.dispatch_id == service.dispatches("need_1", "accepted")[0].id
    assert service.broken_laws() == []


def test_a_reopening_that_overtakes_the_publication_finds_the_people(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True)
    service.reopen("need_1")
    service.publish("need_1")
    service.unmet("need_1")
    assert service.states("need_1") == ["accepted"]


def test_an_older_reopening_changes_nothing_after_the_next_end(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True)
    service.publish("need_1")
    service.unmet("need_1")
    service.confirm("need_1", version=12)
    service.reopen("need_1", version=10)
    assert service.staffing("need_1").ended == "confirmed"


def test_a_reopened_need_says_why_it_waits_where_nobody_is_left(service: VolunteeringInMemory) -> None:
    service.publish("need_1")
    service.unmet("need_1")
    service.reopen("need_1")
    assert service.last_event("need_1").state == "waiting"
    assert service.last_event("need_1").waiting
    service.volunteer(standing=True)
    service.wait()
    assert service.state("need_1") == "staffed"
