"""The waiting list: a need without people waits with a reason, and is searched for again."""

from typing import Any

import bson
import pytest
from volunteering_in_memory import (
    HOUR,
    MINUTE,
    OTHER_CITY,
    PLACE,
    VolunteeringInMemory,
    need_event,
    registration,
    window,
)

from services.volunteering.matching.policy import MatchingPolicy
from shared.contracts.need_parts import Place
from shared.contracts.stations.needs import NeedPublished
from shared.contracts.volunteering.dispatch import DeclineOffer
from shared.engine.decide.memory import START

HALF_AN_HOUR = 30 * MINUTE


def test_when_the_only_one_declines_the_need_waits_with_a_reason(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.publish("need_1")
    service.decline(service.dispatches("need_1")[0].id)
    assert service.announced("need_1") == ["offered", "awaited"]
    assert "asked_before" in str(service.last_event("need_1").tried)


def test_a_waiting_need_gets_the_volunteer_who_registers_the_highest_score_first(service: VolunteeringInMemory) -> None:
    service.publish("low", score=10)
    service.publish("high", score=90)
    service.publish("elsewhere", area=OTHER_CITY, score=99)
    assert service.announced("high") == ["awaited"]
    someone = service.volunteer(standing=True)
    service.wait()
    assert [row.volunteer_id for row in service.dispatches("high")] == [someone]
    assert service.announced("high") == ["awaited", "confirmed"]
    assert (service.state("low"), service.state("elsewhere")) == ("waiting", "waiting")


def test_a_waiting_need_gets_the_volunteer_whom_a_cancelled_need_frees(service: VolunteeringInMemory) -> None:
    someone = service.volunteer(standing=True)
    service.publish("need_1")
    service.publish("need_2")
    assert service.state("need_2") == "waiting"
    service.cancel("need_1")
    assert (service.state("need_1"), service.announced("need_1")) == ("released", ["confirmed", "released"])
    service.wait()
    assert [row.volunteer_id for row in service.dispatches("need_2")] == [someone]
    assert service.broken_laws() == []


@pytest.mark.parametrize(
    "others",
    [
        {"skills": ("driving",)},
        {"place": Place(lon=PLACE.lon + 0.5, lat=PLACE.lat)},
        {"starts": 26 * HOUR},
        {"starts": 50 * HOUR, "area": OTHER_CITY},
    ],
    ids=["another skill", "too far", "outside the hours", "another city"],
)
def test_a_volunteer_reaches_the_need_that_suits_however_many_others_wait(
    service: VolunteeringInMemory, others: dict[str, Any]
) -> None:
    for nth in range(60):
        service.publish(f"other_{nth}", score=90, **others)
    service.publish("need_1", score=10)
    someone = service.volunteer(standing=True, availability=(window((1,), "09:00", "18:00"),))
    service.wait()
    assert [row.volunteer_id for row in service.dispatches("need_1")] == [someone]


def test_a_need_that_ends_and_a_withdrawal_free_a_volunteer_for_the_need_that_suits(
    service: VolunteeringInMemory,
) -> None:
    someone = service.volunteer(standing=True)
    for ending in ("cancelled", "declined"):
        service.publish(ending, starts=5 * HOUR)
        for nth in range(60):
            service.publish(f"{ending}_other_{nth}", score=90, languages=("shanghainese",), starts=5 * HOUR)
        service.publish(f"{ending}_suits", score=10, starts=5 * HOUR)
        assert service.state(f"{ending}_suits") == "waiting"
        if ending == "cancelled":
            service.cancel(ending)
        else:
            service.decline(service.dispatches(ending, "accepted")[0].id)
        service.wait()
        assert [row.volunteer_id for row in service.dispatches(f"{ending}_suits")] == [someone]
        service.cancel(f"{ending}_suits")
        service.cancel(ending)
        service.wait(MINUTE)


def test_sixty_needs_that_the_volunteer_declined_before_hide_no_other() -> None:
    service = VolunteeringInMemory(MatchingPolicy(weekly_asks=100))
    someone = service.volunteer()
    for nth in range(60):
        service.publish(f"declined_{nth}", score=90)
        service.decline(service.dispatches(f"declined_{nth}")[0].id)
    busy = need_event(NeedPublished, "held", starts=HOUR)
    service.engine.event(busy)
    service.accept(service.dispatches("held")[0].id)
    service.publish("need_1", score=10)
    service.cancel("held")
    service.wait()
    assert [row.volunteer_id for row in service.dispatches("need_1")] == [someone]


def test_of_equally_urgent_needs_the_nearest_is_served_first_and_of_equally_near_ones_the_oldest(
    service: VolunteeringInMemory,
) -> None:
    far = Place(lon=PLACE.lon + 0.06, lat=PLACE.lat)
    service.publish("need_1_far", score=79, place=far)
    service.publish("need_2_near", score=61)
    service.publish("need_3_near", score=75)
    service.publish("need_4_less_urgent", score=59)
    service.volunteer(standing=True)
    service.wait()
    states = {need: service.state(need) for need in ("need_1_far", "need_2_near", "need_3_near", "need_4_less_urgent")}
    assert [need for need, state in states.items() if state == "staffed"] == ["need_2_near"]


def test_a_need_rises_by_waiting_until_it_comes_before_more_urgent_ones(service: VolunteeringInMemory) -> None:
    service.publish("need_1_waits", score=50, starts=30 * HOUR)
    service.wait(10 * HOUR)
    service.publish("need_2_urgent", score=65, starts=30 * HOUR)
    service.volunteer(standing=True)
    service.wait()
    assert (service.state("need_1_waits"), service.state("need_2_urgent")) == ("staffed", "waiting")


def test_a_need_of_the_same_batch_finds_the_volunteer_who_has_just_registered(service: VolunteeringInMemory) -> None:
    asked, published = registration(standing=True), need_event(NeedPublished, "need_1")
    service.engine.batch(
        [
            service.engine.incoming("command", asked, asked.type, "register"),
            service.engine.incoming("event", published.data, published.type, published.key, published),
        ]
    )
    assert service.state("need_1") == "staffed"


@pytest.mark.parametrize("first", ["the volunteer", "the need"])
def test_a_need_that_waits_comes_before_one_of_the_same_batch_whatever_their_order(
    service: VolunteeringInMemory, first: str
) -> None:
    service.publish("waits", score=90)
    asked, published = registration(standing=True), need_event(NeedPublished, "later", score=1)
    batch = [
        service.engine.incoming("command", asked, asked.type, "register"),
        service.engine.incoming("event", published.data, published.type, published.key, published),
    ]
    service.engine.batch(batch if first == "the volunteer" else batch[::-1])
    service.wait()
    assert (service.state("waits"), service.state("later")) == ("staffed", "waiting")
    service.wait(MINUTE)
    assert service.broken_laws() == []


def test_what_has_waited_long_comes_before_what_is_more_urgent_by_a_band(service: VolunteeringInMemory) -> None:
    service.publish("long", score=20, registered=START - 13 * HOUR)
    service.publish("new", score=50, registered=START)
    service.volunteer(standing=True)
    service.wait(MINUTE)
    assert (service.state("long"), service.state("new")) == ("staffed", "waiting")


def test_a_later_need_takes_the_volunteer_whom_no_waiting_need_keeps(service: VolunteeringInMemory) -> None:
    service.publish("waits", score=90)
    someone = service.volunteer(standing=True)
    service.publish("later", score=1, starts=5 * HOUR)
    assert service.state("later") == "waiting"
    service.wait(MINUTE)
    assert [row.volunteer_id for row in service.dispatches("later", "accepted")] == [someone]


def test_who_withdraws_from_one_need_is_left_to_those_that_wait(service: VolunteeringInMemory) -> None:
    someone = service.volunteer()
    held = service.promise("held", someone)
    service.publish("waits", score=90)
    declines, published = DeclineOffer(dispatch_id=held), need_event(NeedPublished, "later", score=1)
    service.engine.batch(
        [
            service.engine.incoming("command", declines, declines.type, "decline"),
            service.engine.incoming("event", published.data, published.type, published.key, published),
        ]
    )
    service.wait()
    assert [row.volunteer_id for row in service.dispatches("waits", "offered")] == [someone]
    assert service.dispatches("later") == []


def test_a_waiting_need_is_looked_at_again_by_itself(service: VolunteeringInMemory) -> None:
    service.publish("need_1")
    timer = service.engine.timers["staffing:need_1"]
    someone = service.volunteer(standing=True)
    service.engine.timers["staffing:need_1"] = timer  # as if the registration had not seen the waiting need
    service.wait(5 * MINUTE)
    assert [row.volunteer_id for row in service.dispatches("need_1")] == [someone]


def test_a_waiting_need_whose_timer_is_lost_is_found_by_the_patrol(service: VolunteeringInMemory) -> None:
    service.publish("need_1")
    someone = service.volunteer(standing=True)
    del service.engine.timers["staffing:need_1"]
    service.wait(15 * MINUTE)
    assert [row.volunteer_id for row in service.dispatches("need_1")] == [someone]


def test_a_waiting_need_is_searched_for_at_twice_the_interval_each_time_up_to_an_hour(
    service: VolunteeringInMemory,
) -> None:
    service.publish("need_1", starts=12 * HOUR)
    minutes = []
    for _ in range(6):
        wait = service.engine.timers["staffing:need_1"][0] - service.engine.now
        minutes.append(wait // MINUTE)
        service.wait(wait)
    assert minutes == [5, 10, 20, 40, 60, 60]


def test_a_need_that_has_its_people_no_longer_shows_a_reason_for_waiting(service: VolunteeringInMemory) -> None:
    service.publish("need_1")
    assert len(service.last_event("need_1").waiting) == 1
    service.volunteer(standing=True)
    service.wait()
    assert (service.last_event("need_1").state, service.last_event("need_1").waiting) == ("staffed", ())


def test_a_recheck_that_finds_nobody_says_nothing_again(service: VolunteeringInMemory) -> None:
    service.publish("need_1")
    service.wait(50 * MINUTE)
    assert service.announced("need_1") == ["awaited"]


def test_someone_with_standing_acceptance_who_registers_takes_the_place_from_the_open_offer(
    service: VolunteeringInMemory,
) -> None:
    asked = service.volunteer()
    service.publish("need_1")
    service.volunteer(standing=True)
    service.wait()
    assert service.state("need_1") == "offered"  # the one who was asked first keeps the chance
    service.wait(HALF_AN_HOUR)
    assert service.states("need_1") == ["accepted", "expired"]
    assert service.person(asked).offers == ()


def test_a_staffing_with_its_reasons_is_stored_in_types_that_the_store_knows(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.publish("need_1", headcount=2)
    for entity in service.engine.entities.values():
        document = entity.to_document()
        assert bson.decode(bson.encode(document)).keys() == document.keys()
        assert type(entity).from_document(document) == entity


@pytest.mark.parametrize("how", ["stay_away", "cancel", "unmet", "decline"])
def test_a_volunteer_who_has_served_before_is_freed_by_every_end_of_the_next_dispatch(how: str) -> None:
    """Slots of more than a day ago are dropped by the change that frees: it looks for the same waiting needs."""
    city = VolunteeringInMemory()
    volunteer = city.volunteer()
    city.promise("need_before", volunteer, starts=HOUR)
    dispatch = city.promise("need_now", volunteer, starts=40 * HOUR)
    city.serve("need_before")
    city.wait(28 * HOUR)
    if how == "stay_away":
        city.wait(30 * HOUR)
    elif how == "decline":
        city.decline(dispatch)
    else:
        getattr(city, how)("need_now")
    assert city.states("need_now")[0] in {"cancelled", "declined"}
    assert not city.person(volunteer).bookings
