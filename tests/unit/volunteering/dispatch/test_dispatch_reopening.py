"""A need that was unmet or cancelled is open again: its people are looked for once more."""

from datetime import timedelta
from typing import Any

import pytest
from volunteering_in_memory import HOUR, VolunteeringInMemory, need_event

from shared.contracts.refusals import Refused
from shared.contracts.stations.needs import NeedCancelled, NeedUnmet
from shared.contracts.stations.reopening import EndUndone
from shared.engine.decide.memory import START

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


def test_whoever_withdrew_is_not_booked_unasked_for_the_same_time(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True)
    service.publish("need_1", starts=2 * DAY)
    (own,) = service.dispatches("need_1", "accepted")
    service.decline(own.id)
    service.cancel("need_1")
    service.reopen("need_1", starts=2 * DAY)
    assert (service.states("need_1"), service.state("need_1")) == (["declined"], "waiting")
    service.accept(own.id)
    assert service.state("need_1") == "staffed"


def test_a_decline_of_the_former_time_cannot_be_taken_back_for_the_new_one(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.publish("need_1", 2)
    (former,) = service.dispatches("need_1", "offered")
    service.decline(former.id)
    service.unmet("need_1", 2)
    service.reopen("need_1", 2, starts=DAY)
    with pytest.raises(Refused) as refused:
        service.accept(former.id)
    assert refused.value.rule == "dispatch_not_in_state"
    assert service.states("need_1") == ["declined", "offered"]


def test_nobody_has_two_offers_where_the_reopening_comes_before_all_were_taken_back(
    service: VolunteeringInMemory,
) -> None:
    for _ in range(80):
        service.volunteer()
    service.publish("need_1", 100, starts=2 * DAY)
    service.wait()
    asked: dict[str, Any] = {"headcount": 100, "starts": 2 * DAY, "now": service.engine.now}
    service.engine.event(need_event(NeedCancelled, "need_1", version=8, **asked))
    service.engine.event(need_event(EndUndone, "need_1", version=9, reopened_for="ended_wrongly", **asked))
    assert {row.state for row in service.dispatches("need_1")} == {"offered", "cancelled"}
    service.wait()
    people = [row.volunteer_id for row in service.dispatches("need_1", "offered")]
    assert len(people) == len(set(people)) == 80


def test_two_reopenings_in_one_instant_both_count_before_the_end_between_them_arrives(
    service: VolunteeringInMemory,
) -> None:
    service.volunteer(standing=True)
    service.publish("need_1")
    service.cancel("need_1")
    now = service.engine.now
    for version, starts in ((9, 3 * DAY), (11, 2 * DAY)):
        told = need_event(EndUndone, "need_1", version=version, now=now, starts=starts, reopened_for="still_needed")
        service.engine.event(told)
    service.engine.event(need_event(NeedUnmet, "need_1", version=10, now=now, starts=3 * DAY))
    service.wait()
    assert (service.state("need_1"), service.staffing("need_1").starts_at) == ("staffed", now + 2 * DAY)


def test_an_offer_that_an_end_by_mistake_took_back_is_the_same_ask_of_the_week(service: VolunteeringInMemory) -> None:
    volunteer = service.volunteer()
    service.publish("need_1", starts=2 * DAY)
    asked = service.person(volunteer).asked
    service.cancel("need_1")
    service.reopen("need_1", starts=2 * DAY)
    assert service.states("need_1") == ["cancelled", "offered"]
    assert service.person(volunteer).asked == asked


def test_nobody_checks_in_for_the_former_time_while_the_people_booked_for_it_are_set_free(
    service: VolunteeringInMemory,
) -> None:
    for _ in range(80):
        service.volunteer(standing=True)
    service.publish("need_1", 80)
    service.wait(HOUR)
    asked: dict[str, Any] = {"headcount": 80, "starts": DAY, "now": service.engine.now}
    service.engine.event(need_event(EndUndone, "need_1", version=9, reopened_for="ended_wrongly", **asked))
    last = service.dispatches("need_1", "accepted")[-1]
    with pytest.raises(Refused) as refused:
        service.check_in(last.id)
    assert refused.value.rule == "check_in_not_open"
    service.wait()
    assert service.staffing("need_1").starts_at == START + DAY
    assert len(service.dispatches("need_1", "cancelled")) == 80


def test_a_confirmation_of_the_goods_alone_that_is_undone_has_the_people_looked_for_again(
    service: VolunteeringInMemory,
) -> None:
    helper = service.volunteer(standing=True)
    service.publish("need_1")
    service.confirm("need_1", version=8)
    assert service.states("need_1") == ["cancelled"]
    service.undo("need_1", version=9)
    assert [row.volunteer_id for row in service.dispatches("need_1", "accepted")] == [helper]
    assert (service.state("need_1"), service.broken_laws()) == ("staffed", [])


def test_an_undone_confirmation_that_overtakes_it_keeps_the_promise(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True)
    service.publish("need_1")
    service.undo("need_1", version=9)
    service.confirm("need_1", version=8)
    assert (service.states("need_1"), service.state("need_1")) == (["accepted"], "staffed")
    service.confirm("need_1", version=10)
    assert service.states("need_1") == ["cancelled"]


def test_who_has_served_keeps_the_hours_when_the_confirmation_is_undone(service: VolunteeringInMemory) -> None:
    helper = service.volunteer(standing=True)
    service.publish("need_1")
    service.serve("need_1")
    service.confirm("need_1", version=8)
    service.undo("need_1", version=9)
    assert (service.states("need_1"), service.minutes(helper)) == (["credited"], 60)
    service.confirm("need_1", version=10)
    assert (service.minutes(helper), service.broken_laws()) == (60, [])
