"""Who is found for a published need: rings near to far, skills, languages, free time, fairness, and the reasons."""

import pytest
from volunteering_house import (
    COMMUNITY,
    HOUR,
    NEIGHBOUR,
    OTHER_CITY,
    OTHER_DISTRICT,
    OTHER_STREET,
    PLACE,
    House,
    window,
)

from services.volunteering.domain.policy import Policy
from shared.contracts.envelope import MAX_EVENT_BYTES
from shared.contracts.need_parts import Place


def test_a_volunteer_with_standing_acceptance_is_confirmed_at_once_and_one_event_says_so(house: House) -> None:
    someone = house.volunteer(standing=True)
    house.publish("need_1")
    assert house.happenings("need_1") == ["confirmed"]
    said = house.last("need_1")
    assert (said.state, said.confirmed, said.offered, said.headcount) == ("staffed", 1, 0, 1)
    assert [(v.volunteer_id, v.state, v.standing, v.ring) for v in said.changed] == [
        (someone, "accepted", True, "community")
    ]
    assert house.broken_laws() == []


def test_others_are_asked_two_for_each_missing_person_and_only_for_half_an_hour(house: House) -> None:
    for _ in range(5):
        house.volunteer()
    house.publish("need_1", 2)
    assert house.happenings("need_1") == ["offered"]
    assert house.states("need_1") == ["offered"] * 4
    assert {row.expires_at for row in house.rows("need_1")} == {house.engine.now + HOUR / 2}


@pytest.mark.parametrize(
    ("areas", "ring"),
    [
        ([OTHER_CITY, OTHER_DISTRICT, OTHER_STREET, NEIGHBOUR, COMMUNITY], "community"),
        ([OTHER_CITY, OTHER_DISTRICT, OTHER_STREET, NEIGHBOUR], "street"),
        ([OTHER_CITY, OTHER_DISTRICT, OTHER_STREET], "district"),
        ([OTHER_CITY, OTHER_DISTRICT], "city"),
    ],
)
def test_the_nearest_ring_that_has_someone_serves(house: House, areas: list[str], ring: str) -> None:
    people = {area: house.volunteer(area, standing=True) for area in areas}
    house.publish("need_1")
    (row,) = house.rows("need_1")
    assert (row.ring, row.volunteer_id) == (ring, people[areas[-1]])
    rings = ["community", "street", "district", "city"]
    tried = [(t.ring, t.gave) for t in house.last("need_1").tried]
    assert tried == [(r, int(r == ring)) for r in rings[: rings.index(ring) + 1]]
    assert all(t.reason for t in house.last("need_1").tried)


def test_nobody_from_another_city_or_too_far_away_is_sent(house: House) -> None:
    house.volunteer(OTHER_CITY, standing=True)
    house.volunteer(COMMUNITY, standing=True, location=Place(lon=116.34, lat=40.9))
    house.publish("need_1")
    assert house.state("need_1") == "waiting"


def test_every_skill_and_language_that_is_asked_for_is_needed(house: House) -> None:
    house.volunteer(standing=True, skills=("driver",), languages=("ko",))
    house.volunteer(standing=True, skills=("first-aid", "driver"))
    both = house.volunteer(OTHER_DISTRICT, standing=True, skills=("First-Aid", "driver"), languages=("ko", "zh"))
    house.publish("need_1", skills=("first-aid", "driver"), languages=("KO",))
    assert [row.volunteer_id for row in house.rows("need_1")] == [both]


def test_availability_is_weekly_and_in_the_citys_own_time(house: House) -> None:
    # START is Monday 08:00 UTC, Monday 16:00 in Shanghai; the slot is 17:00 to 19:00.
    house.volunteer(standing=True, availability=(window((1,), "09:00", "18:00"), window((2,), "00:00", "24:00")))
    fits = house.volunteer(OTHER_DISTRICT, standing=True, availability=(window((1,), "17:00", "19:00"),))
    house.publish("need_1")
    assert [row.volunteer_id for row in house.rows("need_1")] == [fits]


def test_a_slot_over_midnight_on_sunday_needs_both_days(house: House) -> None:
    half = house.volunteer(standing=True, availability=(window((7,), "12:00", "24:00"),))
    whole = house.volunteer(
        OTHER_DISTRICT,
        standing=True,
        availability=(window((7,), "12:00", "24:00"), window((1,), "00:00", "06:00")),
    )
    house.publish("need_1", starts=(6 * 24 + 7) * HOUR)  # Sunday 23:00 to Monday 01:00
    assert [row.volunteer_id for row in house.rows("need_1")] == [whole] != [half]


def test_who_has_been_sent_often_this_month_comes_after_who_has_not(house: House) -> None:
    people = {house.volunteer(standing=True) for _ in range(4)}
    for day in range(4):
        house.publish(f"need_{day}", starts=(1 + 24 * day) * HOUR)
    assert {row.volunteer_id for day in range(4) for row in house.rows(f"need_{day}")} == people


def test_the_younger_old_serve_the_older_old_first(house: House) -> None:
    for year in (1980, 1990, 2000, 1940):
        house.volunteer(standing=True, birth_year=year)
    peer = house.volunteer(standing=True, birth_year=1962)
    house.publish("need_1", groups=("elderly_80_plus",))
    (row,) = house.rows("need_1")
    assert row.volunteer_id == peer
    assert "younger-old 10" in row.why


def test_who_did_not_come_before_comes_after_who_did(house: House) -> None:
    unreliable = house.volunteer(standing=True)
    house.publish("need_1")
    house.wait(4 * 24 * HOUR)
    assert house.person(unreliable).missed == 1
    reliable = house.volunteer(standing=True)
    house.publish("need_2", starts=5 * 24 * HOUR)
    assert [row.volunteer_id for row in house.rows("need_2")] == [reliable]


def test_the_reason_names_ring_distance_and_each_part_of_the_score(house: House) -> None:
    house.volunteer(standing=True, location=Place(lon=PLACE.lon, lat=PLACE.lat + 0.012))
    house.publish("need_1")
    (row,) = house.rows("need_1")
    assert row.why == (
        "community ring, within 2 km; 73 points: distance 27, fit 15, availability 6, fairness 15, "
        "reliability 10, younger-old 0"
    )


def test_the_waiting_list_says_why_in_each_ring(house: House) -> None:
    house.volunteer(standing=True, skills=("driver",))
    house.volunteer(NEIGHBOUR, standing=True, skills=("driver",), availability=(window((3,), "09:00", "10:00"),))
    house.volunteer(OTHER_DISTRICT, standing=True)
    house.publish("need_1", skills=("driver",))
    house.publish("need_2", skills=("driver",))
    assert house.happenings("need_2") == ["awaited"]
    said = house.last("need_2")
    assert [(t.ring, t.reason) for t in said.tried] == [
        ("community", "1 suitable: 1 booked then"),
        ("street", "1 suitable: 1 not available then"),
        ("district", "nobody near enough with driver lives there"),
        ("city", "nobody near enough with driver lives there"),
    ]
    assert said.waiting
    assert said.waiting[0].for_what == "volunteers"
    assert said.waiting[0].reason.startswith("0 of 1 found")


def test_a_need_in_a_street_centre_begins_with_the_street(house: House) -> None:
    house.volunteer(COMMUNITY, standing=True)
    house.publish("need_1", area="110102009")
    assert [t.ring for t in house.last("need_1").tried] == ["street"]


def test_a_need_of_a_whole_province_waits_because_nobody_is_near_to_a_province(house: House) -> None:
    house.volunteer(standing=True)
    house.publish("need_1", area="11")
    assert (house.state("need_1"), house.rows("need_1")) == ("waiting", [])


def test_the_whole_ring_is_seen_for_somebody_who_need_not_be_asked_before_anyone_is_asked(house: House) -> None:
    for _ in range(40):
        house.volunteer()
    far = Place(lon=PLACE.lon, lat=PLACE.lat + 0.01)
    someone = house.volunteer(standing=True, location=far)
    house.publish("need_1")
    assert [row.volunteer_id for row in house.rows("need_1")] == [someone]


def test_a_neighbour_with_something_else_that_day_comes_before_people_from_farther_away(house: House) -> None:
    neighbour = house.volunteer(standing=True)
    house.publish("need_1", starts=HOUR)
    for _ in range(30):
        house.volunteer(NEIGHBOUR, standing=True, location=PLACE)
    house.publish("need_2", starts=4 * HOUR)
    assert [row.volunteer_id for row in house.rows("need_2")] == [neighbour]


def test_somebody_booked_elsewhere_that_day_but_free_in_the_slot_is_still_found(house: House) -> None:
    someone = house.volunteer(standing=True)
    house.publish("need_1", starts=HOUR)
    house.publish("need_2", starts=4 * HOUR)
    assert [row.volunteer_id for row in house.rows("need_2")] == [someone]


def test_needs_at_the_same_moment_spread_over_equally_suited_people(house: House) -> None:
    for _ in range(20):
        house.volunteer(standing=True)
    first = set()
    for n in range(20):
        alone = House()
        alone.engine.entities = dict(house.engine.entities)
        alone.publish(f"need_{n}")
        first.add(alone.rows(f"need_{n}")[0].volunteer_id)
    assert len(first) > 5


def test_a_need_without_volunteers_is_nothing_to_volunteering(house: House) -> None:
    house.volunteer(standing=True)
    house.publish("need_1", people=False)
    house.cancel("need_1")
    assert [e for e in house.engine.events if e.subject == "need_1"] == [] or house.happenings("need_1") == []


def test_a_need_whose_slot_is_over_waits_visibly_and_books_nobody(house: House) -> None:
    house.volunteer(standing=True)
    house.publish("need_1", starts=-3 * HOUR)
    assert (house.state("need_1"), house.rows("need_1")) == ("waiting", [])
    assert "over" in house.last("need_1").waiting[0].reason


def test_many_people_are_found_in_steps_whose_events_stay_small() -> None:
    house = House(Policy())
    for _ in range(230):
        house.volunteer(standing=True)
    house.publish("need_1", 230)
    house.wait()
    assert house.state("need_1") == "staffed"
    assert house.happenings("need_1") == ["offered", "offered", "confirmed"]
    sizes = [len(e.model_dump_json()) for e in house.engine.events if e.subject == "need_1"]
    assert max(sizes) < MAX_EVENT_BYTES
    house.cancel("need_1", 230)
    house.wait()
    assert set(house.states("need_1")) == {"cancelled"}
    assert house.broken_laws() == []
