"""A need that was amended: its headcount, its slot or its place are others, and its people follow."""

from datetime import timedelta
from typing import Any

import pytest
from volunteering_in_memory import COMMUNITY, HOUR, OTHER_DISTRICT, VolunteeringInMemory, need_event

from shared.contracts.need_parts import Place
from shared.contracts.refusals import Refused
from shared.contracts.stations.amending import NeedAmended

DAY = timedelta(days=1)
FAR = Place(lon=117.9, lat=39.93)
ACROSS_TOWN = Place(lon=116.6, lat=39.93)
"""Some 22 km from PLACE: an hour and a half on the way."""


def booked(service: VolunteeringInMemory, need: str) -> list[str]:
    return [row.volunteer_id for row in service.dispatches(need, "accepted")]


def test_fewer_people_take_back_the_offers_first_and_then_those_who_were_asked_last(
    service: VolunteeringInMemory,
) -> None:
    for _ in range(5):
        service.volunteer()
    service.publish("need_1", 4)
    offers = service.dispatches("need_1", "offered")
    assert len(offers) == 5
    first, second, third = offers[:3]
    for offer in (third, first, second):
        service.accept(offer.id)
    service.amend("need_1", 3)
    assert booked(service, "need_1") == [first.volunteer_id, second.volunteer_id, third.volunteer_id]
    assert service.dispatches("need_1", "offered") == []
    service.amend("need_1", 2, version=6)
    assert booked(service, "need_1") == [first.volunteer_id, second.volunteer_id]
    assert service.person(third.volunteer_id).missed == 0
    assert service.person(third.volunteer_id).bookings == ()
    assert (service.state("need_1"), service.last_event("need_1").headcount) == ("staffed", 2)
    assert service.broken_laws() == []


def test_more_people_are_asked_and_whoever_was_set_free_comes_first(service: VolunteeringInMemory) -> None:
    for _ in range(2):
        service.volunteer(standing=True)
    service.publish("need_1", 2)
    before = booked(service, "need_1")
    service.amend("need_1", 1)
    service.volunteer(standing=True)
    service.amend("need_1", 2, version=6)
    assert booked(service, "need_1") == [before[0]]
    assert [row.volunteer_id for row in service.dispatches("need_1", "offered")] == [before[1]]
    assert service.last_event("need_1").headcount == 2


def test_a_headcount_that_changes_nobody_is_told_all_the_same(service: VolunteeringInMemory) -> None:
    service.publish("need_1", 4)
    service.amend("need_1", 3)
    assert service.last_event("need_1").headcount == 3
    assert service.state("need_1") == "waiting"


def test_the_people_of_a_large_need_are_set_free_in_steps_and_never_too_many(service: VolunteeringInMemory) -> None:
    for _ in range(130):
        service.volunteer(standing=True)
    service.publish("need_1", 130)
    service.wait()
    assert len(booked(service, "need_1")) == 130
    service.amend("need_1", 5)
    service.wait()
    assert len(booked(service, "need_1")) == 5
    told = [event.data for event in service.engine.events if event.subject == "need_1"]
    assert all(one.confirmed <= one.headcount for one in told)
    assert told[-1].headcount == 5


def test_nobody_who_has_come_is_sent_away(service: VolunteeringInMemory) -> None:
    for _ in range(3):
        service.volunteer(standing=True)
    service.publish("need_1", 3)
    service.wait(HOUR)
    for row in service.dispatches("need_1")[1:]:
        service.check_in(row.id)
    service.amend("need_1", 1)
    assert service.states("need_1") == ["cancelled", "checked_in", "checked_in"]
    assert service.broken_laws() == []


def test_those_booked_for_a_slot_that_is_moved_are_asked_first_for_the_new_one(service: VolunteeringInMemory) -> None:
    helpers = [service.volunteer() for _ in range(2)]
    service.publish("need_1", 1, starts=2 * DAY)
    (offer,) = service.dispatches("need_1", "offered")
    service.accept(offer.id)
    for _ in range(3):
        service.volunteer()
    service.amend("need_1", 1, starts=3 * DAY, amended=("slot",))
    (again,) = service.dispatches("need_1", "offered")
    assert (again.volunteer_id, booked(service, "need_1")) == (offer.volunteer_id, [])
    assert service.person(offer.volunteer_id).missed == 0
    assert service.person(offer.volunteer_id).asked[1] == 1, "it is the same ask"
    assert offer.volunteer_id in helpers
    service.accept(again.id)
    (hold,) = service.person(offer.volunteer_id).bookings
    assert hold.starts == int(service.staffing("need_1").starts_at.timestamp())
    assert service.broken_laws() == []


def test_standing_acceptance_covers_the_new_slot_or_the_volunteer_is_asked(service: VolunteeringInMemory) -> None:
    helper = service.volunteer(standing=True)
    service.publish("need_1", 1)
    service.volunteer(standing=True)
    service.amend("need_1", 1, starts=3 * HOUR, amended=("slot",))
    assert booked(service, "need_1") == [helper]
    # 01:00 UTC is 09:00 in the city: eleven hours later it is night.
    service.amend("need_1", 1, starts=11 * HOUR, version=6, amended=("slot",))
    assert booked(service, "need_1") == []
    assert [row.volunteer_id for row in service.dispatches("need_1", "offered")][:1] == [helper]


def test_somebody_who_is_booked_elsewhere_by_then_is_not_asked_again(service: VolunteeringInMemory) -> None:
    helper = service.volunteer(standing=True)
    service.publish("need_1", 1)
    service.publish("need_2", 1, starts=5 * HOUR)
    assert booked(service, "need_2") == [helper]
    service.amend("need_1", 1, starts=6 * HOUR, amended=("slot",))
    assert (booked(service, "need_1"), booked(service, "need_2")) == ([], [helper])
    assert service.state("need_1") == "waiting"
    assert service.broken_laws() == []


def test_whoever_declined_the_former_slot_is_asked_for_the_new_one(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.publish("need_1", 1)
    (offer,) = service.dispatches("need_1", "offered")
    service.decline(offer.id)
    service.amend("need_1", 1, starts=3 * HOUR, amended=("slot",))
    assert service.states("need_1") == ["declined", "offered"]


def test_at_another_place_those_stay_who_can_come_there(service: VolunteeringInMemory) -> None:
    helper = service.volunteer(standing=True)
    service.publish("need_1", 1)
    (before,) = service.dispatches("need_1")
    service.amend("need_1", 1, place=Place(lon=116.36, lat=39.93), amended=("place",))
    (row,) = service.dispatches("need_1", "accepted")
    assert (row.id, row.version) == (before.id, before.version + 1)
    assert service.person(helper).places == (f"{row.id} 116.36 39.93",)
    (told,) = service.last_event("need_1").changed
    assert (told.dispatch_id, told.version) == (row.id, row.version)


def test_at_a_place_too_far_away_others_are_looked_for(service: VolunteeringInMemory) -> None:
    helper = service.volunteer(standing=True)
    there = service.volunteer(standing=True, location=FAR)
    service.publish("need_1", 1)
    assert booked(service, "need_1") == [helper]
    service.amend("need_1", 1, place=FAR, amended=("place",))
    assert booked(service, "need_1") == [there]
    assert (service.person(helper).bookings, service.person(helper).missed) == ((), 0)
    assert service.broken_laws() == []


def test_the_way_from_another_booking_counts_for_the_new_place(service: VolunteeringInMemory) -> None:
    helper = service.volunteer(standing=True)
    service.publish("need_1", 1, starts=HOUR, lasts=HOUR)
    service.publish("need_2", 1, starts=2 * HOUR, lasts=HOUR)
    assert booked(service, "need_2") == [helper]
    service.amend("need_2", 1, starts=2 * HOUR, lasts=HOUR, place=ACROSS_TOWN, amended=("place",))
    assert (booked(service, "need_1"), booked(service, "need_2")) == ([helper], [])


def test_whoever_gives_back_a_booking_whose_place_was_moved_does_so_without_effect(
    service: VolunteeringInMemory,
) -> None:
    helper = service.volunteer()
    own = service.promise("need_1", helper)
    service.amend("need_1", 1, place=Place(lon=116.36, lat=39.93), amended=("place",))
    service.decline(own)
    assert service.person(helper).missed == 0


@pytest.mark.parametrize("moved", [{"place": Place(lon=116.36, lat=39.93)}, {"starts": 3 * HOUR}])
def test_also_before_the_booking_was_compared_with_the_new_place_or_slot(
    service: VolunteeringInMemory, moved: dict[str, Any]
) -> None:
    helper = service.volunteer()
    own = service.promise("need_1", helper)
    told = {"amended": ("place",), "amended_for": "entered_wrongly", "version": 5, **moved}
    service.engine.event(need_event(NeedAmended, "need_1", now=service.engine.now, **told))
    service.decline(own)
    assert service.person(helper).missed == 0


def test_a_reopening_that_overtakes_an_amendment_brings_its_headcount_and_place(service: VolunteeringInMemory) -> None:
    for _ in range(3):
        service.volunteer(standing=True)
    service.publish("need_1", 1)
    service.unmet("need_1")
    service.reopen("need_1", 3, place=Place(lon=116.36, lat=39.93))
    service.amend("need_1", 2)
    assert (service.staffing("need_1").headcount, service.staffing("need_1").place[0]) == (3, 116.36)
    assert len(booked(service, "need_1")) == 3


def test_an_amendment_that_overtakes_the_publication_finds_the_people(service: VolunteeringInMemory) -> None:
    for _ in range(3):
        service.volunteer(standing=True)
    service.amend("need_1", 2)
    service.publish("need_1", 1)
    assert len(booked(service, "need_1")) == 2


def test_an_amendment_of_other_parts_touches_nobody_and_older_ones_count_no_more(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True)
    service.publish("need_1", 1)
    told = len(service.engine.events)
    service.amend("need_1", 1, version=8, amended=("lines",))
    service.amend("need_1", 3, version=7)
    assert len(service.engine.events) == told
    assert service.staffing("need_1").headcount == 1


def test_an_offer_of_a_former_slot_is_not_accepted_any_more(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.publish("need_1", 1)
    (offer,) = service.dispatches("need_1", "offered")
    service.amend("need_1", 1, starts=3 * HOUR, amended=("slot",))
    with pytest.raises(Refused):
        service.accept(offer.id)


def test_a_need_of_another_station_asks_the_people_around_that_one(service: VolunteeringInMemory) -> None:
    service.publish("need_1", 1, area=COMMUNITY)
    far = service.volunteer(OTHER_DISTRICT, standing=True, location=FAR)
    assert booked(service, "need_1") == []
    service.amend("need_1", 1, area=OTHER_DISTRICT, place=FAR, amended=("station", "place"))
    assert booked(service, "need_1") == [far]
    assert service.dispatches("need_1")[0].ring == "community"


def test_a_need_whose_triage_is_overridden_asks_the_same_people_under_another_score(
    service: VolunteeringInMemory,
) -> None:
    service.volunteer(standing=True)
    service.publish("need_1", 2, score=10)
    before = booked(service, "need_1")
    service.amend("need_1", 2, amended=("triage",), amended_for="immediate_danger", score=95)
    assert (service.staffing("need_1").score, booked(service, "need_1")) == (95, before)
    service.amend("need_1", 2, version=4, amended=("triage",), amended_for="support_found", score=5)
    assert service.staffing("need_1").score == 95
