"""The order in which a need asks: those who were passed over, then others, then those who did not answer."""

from datetime import timedelta

import pytest
from volunteering_in_memory import (
    COMMUNITY,
    HOUR,
    MINUTE,
    NEIGHBOUR,
    OTHER_DISTRICT,
    PLACE,
    START,
    VolunteeringInMemory,
    store_by_release_0_2,
)

from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.matching.policy import MatchingPolicy
from shared.contracts.need_parts import Place
from shared.contracts.refusals import Refused

HALF_AN_HOUR = 30 * MINUTE


def asked(service: VolunteeringInMemory, need: str = "need_1") -> list[str]:
    return [row.volunteer_id for row in service.dispatches(need, "offered")]


def test_whose_offer_was_taken_back_is_next_in_line_when_the_quicker_one_withdraws(
    service: VolunteeringInMemory,
) -> None:
    quick, slow = service.volunteer(), service.volunteer(OTHER_DISTRICT)
    service.publish("need_1", starts=23 * HOUR)
    own = {row.volunteer_id: row.id for row in service.dispatches("need_1")}
    service.accept(own[quick])
    nearer = service.volunteer()
    service.decline(own[quick])
    assert asked(service) == [slow]
    service.accept(service.dispatches("need_1", "offered")[0].id)
    assert (service.state("need_1"), service.person(nearer).offers) == ("staffed", ())
    assert service.broken_laws() == []


def test_next_in_line_comes_before_somebody_with_standing_acceptance(service: VolunteeringInMemory) -> None:
    quick, slow = service.volunteer(), service.volunteer()
    service.publish("need_1", starts=23 * HOUR)
    own = {row.volunteer_id: row.id for row in service.dispatches("need_1")}
    service.accept(own[quick])
    standing = service.volunteer(standing=True)
    service.decline(own[quick])
    assert asked(service) == [slow]
    service.decline(service.dispatches("need_1", "offered")[0].id)
    assert [row.volunteer_id for row in service.dispatches("need_1", "accepted")] == [standing]


def test_where_fewer_are_next_in_line_than_are_missing_others_are_asked_beside_them(
    service: VolunteeringInMemory,
) -> None:
    people = [service.volunteer() for _ in range(3)]
    service.publish("need_1", headcount=2, starts=23 * HOUR)
    first, second, _ = service.dispatches("need_1", "offered")
    service.accept(first.id)
    service.accept(second.id)
    late = [service.volunteer(NEIGHBOUR) for _ in range(4)]
    service.decline(first.id)
    service.decline(second.id)
    (passed_over,) = set(people) - {first.volunteer_id, second.volunteer_id}
    assert passed_over in asked(service)
    assert set(asked(service)) - {passed_over} <= set(late)
    assert len(asked(service)) > 1


def test_next_in_line_is_not_asked_where_there_is_no_time_for_the_way(service: VolunteeringInMemory) -> None:
    quick, slow = service.volunteer(), service.volunteer()
    service.publish("need_1", starts=23 * HOUR, lasts=HOUR)
    own = {row.volunteer_id: row.id for row in service.dispatches("need_1")}
    service.accept(own[quick])
    far = Place(lon=PLACE.lon + 0.28, lat=PLACE.lat)  # 24 km
    service.publish("need_2", headcount=2, starts=24.5 * HOUR, lasts=HOUR, place=far)
    (other,) = (row.id for row in service.dispatches("need_2") if row.volunteer_id == slow)
    service.accept(other)
    service.decline(own[quick])
    assert asked(service) == []


def test_next_in_line_is_not_asked_while_booked_elsewhere_or_erased(service: VolunteeringInMemory) -> None:
    quick, busy = service.volunteer(), service.volunteer()
    service.publish("need_1", starts=23 * HOUR)
    own = {row.volunteer_id: row.id for row in service.dispatches("need_1")}
    service.accept(own[quick])
    service.promise("need_2", busy, starts=23 * HOUR)
    service.decline(own[quick])
    assert asked(service) == []
    assert service.state("need_1") == "waiting"


def test_three_people_who_sleep_through_the_first_offers_are_asked_again(service: VolunteeringInMemory) -> None:
    people = {service.volunteer() for _ in range(3)}
    service.publish("need_1", starts=48 * HOUR)
    first = []
    for _ in range(3):
        first += asked(service)
        service.wait(5 * HOUR)
    assert (len(first), set(first)) == (3, people)
    service.wait(11 * HOUR)  # within the last day before the slot
    assert len(asked(service)) == 2
    service.accept(service.dispatches("need_1", "offered")[0].id)
    assert service.state("need_1") == "staffed"


def test_nobody_is_asked_a_fourth_time_for_the_same_need() -> None:
    service = VolunteeringInMemory(MatchingPolicy(weekly_asks=10))
    someone = service.volunteer()
    service.publish("need_1", starts=12 * HOUR)
    for _ in range(30):
        service.wait(20 * MINUTE)
    assert [row.volunteer_id for row in service.dispatches("need_1", "expired")] == [someone] * 3
    assert service.state("need_1") == "waiting"


def test_a_city_decides_how_often_one_person_is_asked() -> None:
    service = VolunteeringInMemory(DispatchPolicy(most_asks=1))
    service.volunteer()
    service.publish("need_1", starts=12 * HOUR)
    service.wait(6 * HOUR)
    assert service.states("need_1") == ["expired"]


def test_who_declined_or_withdrew_is_not_asked_again(service: VolunteeringInMemory) -> None:
    declines, withdraws = service.volunteer(), service.volunteer()
    service.publish("need_1", starts=24 * HOUR)
    own = {row.volunteer_id: row.id for row in service.dispatches("need_1")}
    service.decline(own[declines])
    service.accept(own[withdraws])
    service.decline(own[withdraws])
    service.wait(23 * HOUR)
    assert service.states("need_1") == ["declined", "declined"]


def test_a_mistaken_decline_is_taken_back_while_a_place_is_open(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.volunteer()
    service.publish("need_1")
    first, second = service.dispatches("need_1")
    service.decline(first.id)
    assert service.accept(first.id).state == "accepted"
    assert service.states("need_1") == ["accepted", "cancelled"]
    assert service.person(second.volunteer_id).offers == ()
    assert service.broken_laws() == []


def test_a_withdrawal_that_is_taken_back_no_longer_counts_against_reliability(service: VolunteeringInMemory) -> None:
    someone = service.volunteer()
    dispatch = service.promise("need_1", someone)
    service.decline(dispatch)
    assert service.person(someone).missed == 1
    service.accept(dispatch)
    assert service.person(someone).missed == 0
    service.decline(dispatch)
    assert service.person(someone).missed == 1


def test_it_is_taken_back_also_where_release_0_2_has_stored_the_need_in_between(
    service: VolunteeringInMemory,
) -> None:
    someone = service.volunteer()
    dispatch = service.promise("need_1", someone)
    service.decline(dispatch)
    store_by_release_0_2(service, "need_1")
    service.accept(dispatch)
    assert service.person(someone).missed == 0


@pytest.mark.parametrize("end", ["filled", "cancelled", "over", "booked"])
def test_a_decline_is_final_once_no_place_is_open(service: VolunteeringInMemory, end: str) -> None:
    someone = service.volunteer()
    service.publish("need_1")
    (row,) = service.dispatches("need_1")
    service.decline(row.id)
    if end == "filled":
        service.volunteer(standing=True)
        service.wait()
    elif end == "cancelled":
        service.cancel("need_1")
    elif end == "over":
        service.wait(4 * HOUR)
    else:
        service.promise("need_2", someone)
    with pytest.raises(Refused) as refused:
        service.accept(row.id)
    rules = {"filled": "enough_accepted", "booked": "booked_elsewhere"}
    assert refused.value.rule == rules.get(end, "dispatch_not_in_state")


def test_slots_that_touch_at_a_fraction_of_a_second_are_no_overlap(service: VolunteeringInMemory) -> None:
    someone = service.volunteer(standing=True)
    half = timedelta(milliseconds=500)
    service.publish("need_1", lasts=HOUR + half)
    service.publish("need_2", starts=2 * HOUR + half)
    assert [row.volunteer_id for row in service.dispatches("need_2", "accepted")] == [someone]
    service.publish("need_3", area=COMMUNITY, starts=2 * HOUR - timedelta(seconds=1), lasts=HOUR)
    assert service.state("need_3") == "waiting"
    assert service.broken_laws() == []
    assert service.staffing("need_1").ends_at == START + 2 * HOUR
