"""Offers in waves: first come first served, expiry, decline, withdrawal, and their end with the need."""

from datetime import timedelta

import pytest
from volunteering_in_memory import COMMUNITY, HOUR, MINUTE, NEIGHBOUR, VolunteeringInMemory

from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.matching.policy import MatchingPolicy
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.people import ChangeVolunteer

HALF_AN_HOUR = 30 * MINUTE


def test_the_first_to_accept_gets_the_place_and_the_others_are_told(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.volunteer()
    service.publish("need_1")
    first, second = service.dispatches("need_1")
    answer = service.accept(first.id)
    assert (answer.state, answer.need_id, answer.version) == ("accepted", "need_1", 2)
    assert service.announced("need_1") == ["offered", "confirmed"]
    assert {v.state for v in service.last_event("need_1").changed} == {"accepted", "cancelled"}
    with pytest.raises(Refused) as refused:
        service.accept(second.id)
    assert refused.value.code == "wrong_state"
    assert service.person(second.volunteer_id).offers == ()


def test_a_booking_accepted_again_after_a_decline_is_the_volunteers_own_promise(service: VolunteeringInMemory) -> None:
    someone = service.volunteer(standing=True)
    service.publish("need_1", starts=50 * HOUR)
    (unasked,) = service.dispatches("need_1", "accepted")
    service.decline(unasked.id)
    service.accept(unasked.id)
    service.engine.command(ChangeVolunteer(volunteer_id=someone, standing_acceptance=False))
    service.wait()
    assert [(row.id, row.state) for row in service.dispatches("need_1")] == [(unasked.id, "accepted")]


def test_one_is_asked_for_each_place_while_there_is_time_and_two_near_the_slot(service: VolunteeringInMemory) -> None:
    for _ in range(4):
        service.volunteer()
    service.publish("need_later", 2, starts=72 * HOUR)
    service.publish("need_soon", starts=24 * HOUR)
    assert service.states("need_later") == ["offered"] * 2
    assert service.states("need_soon") == ["offered"] * 2


def test_a_day_before_the_slot_another_is_asked_beside_one_who_has_not_answered() -> None:
    service = VolunteeringInMemory(DispatchPolicy(offer_lead_percent=50, offer_longest_seconds=7 * 24 * 3600))
    for _ in range(3):
        service.volunteer()
    service.publish("need_1", starts=72 * HOUR)
    service.wait(47 * HOUR)
    assert service.states("need_1") == ["offered"]
    service.wait(HOUR)
    assert service.states("need_1") == ["offered"] * 2
    assert service.announced("need_1") == ["offered", "offered"]


def test_where_that_is_in_the_quiet_hours_the_other_is_asked_when_they_end(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.volunteer()
    service.wait(11 * HOUR)  # 20:00
    service.publish("need_1", starts=37.5 * HOUR)
    service.wait(11 * HOUR)  # 07:00, half a night after the last day began
    assert service.states("need_1") == ["offered"]
    service.wait(HALF_AN_HOUR)
    assert service.states("need_1") == ["offered"] * 2


def test_a_need_that_all_but_the_last_leave_unanswered_is_staffed_half_a_day_before(
    service: VolunteeringInMemory,
) -> None:
    people = [service.volunteer() for _ in range(7)]
    service.publish("need_1", starts=48 * HOUR)
    while len({row.volunteer_id for row in service.dispatches("need_1")}) < len(people):
        service.wait(HALF_AN_HOUR)
    service.accept(service.dispatches("need_1", "offered")[-1].id)
    assert service.state("need_1") == "staffed"
    assert service.staffing("need_1").starts_at - service.engine.now > 12 * HOUR


def test_an_offer_that_nobody_answers_goes_to_the_next(service: VolunteeringInMemory) -> None:
    people = [service.volunteer() for _ in range(4)]
    service.publish("need_1")
    asked = {row.volunteer_id for row in service.dispatches("need_1")}
    service.wait(HALF_AN_HOUR)
    assert service.states("need_1") == ["expired", "expired", "offered", "offered"]
    assert {row.volunteer_id for row in service.dispatches("need_1", "offered")} == set(people) - asked
    assert service.announced("need_1") == ["offered", "offered"]


def test_an_expired_offer_cannot_be_accepted(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.publish("need_1")
    (row,) = service.dispatches("need_1")
    service.engine.now += HALF_AN_HOUR  # the timer is late
    with pytest.raises(Refused) as refused:
        service.accept(row.id)
    assert refused.value.rule == "offer_expired"


def test_a_declined_offer_goes_to_the_next_at_once(service: VolunteeringInMemory) -> None:
    for _ in range(3):
        service.volunteer()
    service.publish("need_1")
    first, _ = service.dispatches("need_1")
    assert service.decline(first.id).state == "declined"
    assert service.states("need_1") == ["declined", "offered", "offered"]
    assert len({row.volunteer_id for row in service.dispatches("need_1")}) == 3
    assert service.announced("need_1") == ["offered", "offered"]


def test_who_withdraws_is_replaced_and_free_again(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True)
    service.volunteer(NEIGHBOUR, standing=True)
    service.publish("need_1")
    (row,) = service.dispatches("need_1")
    service.decline(row.id)
    assert service.states("need_1") == ["accepted", "declined"]
    assert service.announced("need_1") == ["confirmed", "confirmed"]
    assert (service.state("need_1"), service.last_event("need_1").confirmed) == ("staffed", 1)
    service.publish("need_2")
    assert [r.volunteer_id for r in service.dispatches("need_2")] == [row.volunteer_id]
    assert service.broken_laws() == []


def test_withdrawing_late_counts_against_reliability_and_early_does_not(service: VolunteeringInMemory) -> None:
    someone = service.volunteer()
    service.promise("soon", someone)
    service.promise("later", someone, starts=72 * HOUR)
    service.decline(service.dispatches("later")[0].id)
    assert service.person(someone).missed == 0
    service.decline(service.dispatches("soon")[0].id)
    assert service.person(someone).missed == 1


def test_nobody_is_booked_twice_even_with_two_offers_at_hand(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.publish("need_1")
    service.publish("need_2", starts=2 * HOUR)
    service.accept(service.dispatches("need_1")[0].id)
    with pytest.raises(Refused) as refused:
        service.accept(service.dispatches("need_2")[0].id)
    assert (refused.value.code, refused.value.rule) == ("conflict", "booked_elsewhere")
    assert service.broken_laws() == []


def test_slots_that_touch_are_no_overlap(service: VolunteeringInMemory) -> None:
    someone = service.volunteer(standing=True)
    service.publish("need_1", lasts=HOUR)
    service.publish("need_2", starts=2 * HOUR)
    assert [r.volunteer_id for r in service.dispatches("need_2")] == [someone]
    assert service.broken_laws() == []


def test_nobody_gets_more_than_five_open_offers() -> None:
    service = VolunteeringInMemory(MatchingPolicy(weekly_asks=100))
    service.volunteer()
    for n in range(7):
        service.publish(f"need_{n}", starts=(1 + 24 * n) * HOUR)
    assert [service.state(f"need_{n}") for n in range(7)] == ["offered"] * 5 + ["waiting"] * 2
    assert "too_many_open_offers" in str(service.last_event("need_6").tried)


def test_a_need_that_ends_takes_its_offers_back(service: VolunteeringInMemory) -> None:
    someone = service.volunteer()
    service.publish("need_1")
    service.unmet("need_1")
    assert (service.states("need_1"), service.person(someone).offers) == (["cancelled"], ())
    with pytest.raises(Refused):
        service.accept("dsp_need_1.1")


@pytest.mark.parametrize("wrong", ["", "need_1", "dsp_need_1.9", "dsp_need_9.1", "dsp_.1", "dsp_need_1.x"])
def test_an_unknown_dispatch_is_refused_by_name(service: VolunteeringInMemory, wrong: str) -> None:
    service.volunteer()
    service.publish("need_1")
    if not wrong:
        return
    with pytest.raises(Refused) as refused:
        service.accept(wrong)
    assert (refused.value.code, refused.value.field) == ("not_found", "dispatch_id")


def test_a_decision_made_on_an_old_version_is_refused(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.publish("need_1")
    (row,) = service.dispatches("need_1")
    with pytest.raises(Refused) as refused:
        service.accept(row.id, expected_version=7)
    assert refused.value.code == "version_mismatch"
    assert service.accept(row.id, expected_version=row.version).state == "accepted"


def test_a_publication_that_comes_after_its_cancellation_asks_nobody(service: VolunteeringInMemory) -> None:
    someone = service.volunteer(standing=True)
    service.cancel("need_1")
    service.publish("need_1")
    assert (service.state("need_1"), service.dispatches("need_1")) == ("released", [])
    assert service.person(someone).bookings == ()


def test_past_bookings_do_not_pile_up_on_a_volunteer(service: VolunteeringInMemory) -> None:
    someone = service.volunteer(standing=True, area=COMMUNITY)
    for day in range(10):
        service.publish(f"need_{day}", starts=(1 + 24 * day) * HOUR)
        service.wait(timedelta(days=1))
    assert len(service.person(someone).bookings) <= 2
    assert service.person(someone).offers == ()
