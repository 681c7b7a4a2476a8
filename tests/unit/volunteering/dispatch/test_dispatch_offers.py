"""Offers in waves: first come first served, expiry, decline, withdrawal, the waiting list and what ends it."""

from datetime import timedelta

import pytest
from volunteering_house import (
    COMMUNITY,
    HOUR,
    MINUTE,
    NEIGHBOUR,
    OTHER_CITY,
    House,
    happened,
    registration,
)

from shared.contracts.refusals import Refused
from shared.contracts.stations.needs import NeedPublished

HALF_AN_HOUR = 30 * MINUTE


def test_the_first_to_accept_gets_the_place_and_the_others_are_told(house: House) -> None:
    house.volunteer()
    house.volunteer()
    house.publish("need_1")
    first, second = house.rows("need_1")
    answer = house.accept(first.id)
    assert (answer["state"], answer["need_id"], answer["version"]) == ("accepted", "need_1", 2)
    assert house.happenings("need_1") == ["offered", "confirmed"]
    assert {v.state for v in house.last("need_1").changed} == {"accepted", "cancelled"}
    with pytest.raises(Refused) as refused:
        house.accept(second.id)
    assert refused.value.code == "wrong_state"
    assert house.person(second.volunteer_id).offers == ()


def test_an_offer_that_nobody_answers_goes_to_the_next(house: House) -> None:
    people = [house.volunteer() for _ in range(4)]
    house.publish("need_1")
    asked = {row.volunteer_id for row in house.rows("need_1")}
    house.wait(HALF_AN_HOUR)
    assert house.states("need_1") == ["expired", "expired", "offered", "offered"]
    assert {row.volunteer_id for row in house.rows("need_1", "offered")} == set(people) - asked
    assert house.happenings("need_1") == ["offered", "offered"]


def test_an_expired_offer_cannot_be_accepted(house: House) -> None:
    house.volunteer()
    house.publish("need_1")
    (row,) = house.rows("need_1")
    house.engine.now += HALF_AN_HOUR  # the timer is late
    with pytest.raises(Refused) as refused:
        house.accept(row.id)
    assert refused.value.rule == "offers are accepted before they expire"


def test_a_declined_offer_goes_to_the_next_at_once(house: House) -> None:
    for _ in range(3):
        house.volunteer()
    house.publish("need_1")
    first, _ = house.rows("need_1")
    assert house.decline(first.id)["state"] == "declined"
    assert house.states("need_1") == ["declined", "offered", "offered"]
    assert len({row.volunteer_id for row in house.rows("need_1")}) == 3
    assert house.happenings("need_1") == ["offered", "offered"]


def test_who_withdraws_is_replaced_and_free_again(house: House) -> None:
    house.volunteer(standing=True)
    house.volunteer(NEIGHBOUR, standing=True)
    house.publish("need_1")
    (row,) = house.rows("need_1")
    house.decline(row.id)
    assert house.states("need_1") == ["accepted", "declined"]
    assert house.happenings("need_1") == ["confirmed", "confirmed"]
    assert (house.state("need_1"), house.last("need_1").confirmed) == ("staffed", 1)
    house.publish("need_2")
    assert [r.volunteer_id for r in house.rows("need_2")] == [row.volunteer_id]
    assert house.broken_laws() == []


def test_withdrawing_late_counts_against_reliability_and_early_does_not(house: House) -> None:
    someone = house.volunteer(standing=True)
    house.publish("soon")
    house.publish("later", starts=72 * HOUR)
    house.decline(house.rows("later")[0].id)
    assert house.person(someone).missed == 0
    house.decline(house.rows("soon")[0].id)
    assert house.person(someone).missed == 1


def test_when_the_only_one_declines_the_need_waits_with_a_reason(house: House) -> None:
    house.volunteer()
    house.publish("need_1")
    house.decline(house.rows("need_1")[0].id)
    assert house.happenings("need_1") == ["offered", "awaited"]
    assert "asked before" in str(house.last("need_1").tried)


def test_nobody_is_booked_twice_even_with_two_offers_at_hand(house: House) -> None:
    house.volunteer()
    house.publish("need_1")
    house.publish("need_2", starts=2 * HOUR)
    house.accept(house.rows("need_1")[0].id)
    with pytest.raises(Refused) as refused:
        house.accept(house.rows("need_2")[0].id)
    assert (refused.value.code, refused.value.rule) == ("conflict", "nobody is booked twice")
    assert house.broken_laws() == []


def test_slots_that_touch_are_no_overlap(house: House) -> None:
    someone = house.volunteer(standing=True)
    house.publish("need_1", lasts=HOUR)
    house.publish("need_2", starts=2 * HOUR)
    assert [r.volunteer_id for r in house.rows("need_2")] == [someone]
    assert house.broken_laws() == []


def test_nobody_gets_more_than_five_open_offers(house: House) -> None:
    house.volunteer()
    for n in range(7):
        house.publish(f"need_{n}", starts=(1 + 24 * n) * HOUR)
    assert [house.state(f"need_{n}") for n in range(7)] == ["offered"] * 5 + ["waiting"] * 2
    assert "with too many open offers" in str(house.last("need_6").tried)


def test_a_waiting_need_gets_the_volunteer_who_registers_the_highest_score_first(house: House) -> None:
    house.publish("low", score=10)
    house.publish("high", score=90)
    house.publish("elsewhere", area=OTHER_CITY, score=99)
    assert house.happenings("high") == ["awaited"]
    someone = house.volunteer(standing=True)
    house.wait()
    assert [row.volunteer_id for row in house.rows("high")] == [someone]
    assert house.happenings("high") == ["awaited", "confirmed"]
    assert (house.state("low"), house.state("elsewhere")) == ("waiting", "waiting")


def test_a_waiting_need_gets_the_volunteer_whom_a_cancelled_need_frees(house: House) -> None:
    someone = house.volunteer(standing=True)
    house.publish("need_1")
    house.publish("need_2")
    assert house.state("need_2") == "waiting"
    house.cancel("need_1")
    assert (house.state("need_1"), house.happenings("need_1")) == ("released", ["confirmed", "released"])
    house.wait()
    assert [row.volunteer_id for row in house.rows("need_2")] == [someone]
    assert house.broken_laws() == []


def test_a_need_of_the_same_batch_finds_the_volunteer_who_has_just_registered(house: House) -> None:
    asked, published = registration(standing=True), happened(NeedPublished, "need_1")
    house.engine.batch(
        [
            house.engine.incoming("command", asked, asked.type, "register"),
            house.engine.incoming("event", published.data, published.type, published.key, published),
        ]
    )
    assert house.state("need_1") == "staffed"


def test_a_waiting_need_is_looked_at_again_by_itself(house: House) -> None:
    house.publish("need_1")
    timer = house.engine.timers["staffing:need_1"]
    someone = house.volunteer(standing=True)
    house.engine.timers["staffing:need_1"] = timer  # as if the registration had not seen the waiting need
    house.wait(5 * MINUTE)
    assert [row.volunteer_id for row in house.rows("need_1")] == [someone]


def test_a_waiting_need_whose_timer_is_lost_is_found_by_the_patrol(house: House) -> None:
    house.publish("need_1")
    someone = house.volunteer(standing=True)
    del house.engine.timers["staffing:need_1"]
    house.wait(15 * MINUTE)
    assert [row.volunteer_id for row in house.rows("need_1")] == [someone]


def test_a_recheck_that_finds_nobody_says_nothing_again(house: House) -> None:
    house.publish("need_1")
    house.wait(50 * MINUTE)
    assert house.happenings("need_1") == ["awaited"]


def test_a_need_that_ends_takes_its_offers_back(house: House) -> None:
    someone = house.volunteer()
    house.publish("need_1")
    house.unmet("need_1")
    assert (house.states("need_1"), house.person(someone).offers) == (["cancelled"], ())
    with pytest.raises(Refused):
        house.accept("dsp_need_1.1")


def test_someone_with_standing_acceptance_who_registers_takes_the_place_from_the_open_offer(house: House) -> None:
    asked = house.volunteer()
    house.publish("need_1")
    house.volunteer(standing=True)
    house.wait()
    assert house.state("need_1") == "offered"  # the one who was asked first keeps the chance
    house.wait(HALF_AN_HOUR)
    assert house.states("need_1") == ["accepted", "expired"]
    assert house.person(asked).offers == ()


@pytest.mark.parametrize("wrong", ["", "need_1", "dsp_need_1.9", "dsp_need_9.1", "dsp_.1", "dsp_need_1.x"])
def test_an_unknown_dispatch_is_refused_by_name(house: House, wrong: str) -> None:
    house.volunteer()
    house.publish("need_1")
    if not wrong:
        return
    with pytest.raises(Refused) as refused:
        house.accept(wrong)
    assert (refused.value.code, refused.value.field) == ("not_found", "dispatch_id")


def test_a_decision_made_on_an_old_version_is_refused(house: House) -> None:
    house.volunteer()
    house.publish("need_1")
    (row,) = house.rows("need_1")
    with pytest.raises(Refused) as refused:
        house.accept(row.id, expected_version=7)
    assert refused.value.code == "version_mismatch"
    assert house.accept(row.id, expected_version=row.version)["state"] == "accepted"


def test_a_publication_that_comes_after_its_cancellation_asks_nobody(house: House) -> None:
    someone = house.volunteer(standing=True)
    house.cancel("need_1")
    house.publish("need_1")
    assert (house.state("need_1"), house.rows("need_1")) == ("released", [])
    assert house.person(someone).bookings == ()


def test_past_bookings_do_not_pile_up_on_a_volunteer(house: House) -> None:
    someone = house.volunteer(standing=True, area=COMMUNITY)
    for day in range(10):
        house.publish(f"need_{day}", starts=(1 + 24 * day) * HOUR)
        house.wait(timedelta(days=1))
    assert len(house.person(someone).bookings) <= 2
    assert house.person(someone).offers == ()
