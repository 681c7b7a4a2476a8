"""Who is found for a published need: rings near to far, skills, languages, free time, fairness, and the reasons."""

import pytest
from volunteering_in_memory import (
    COMMUNITY,
    HOUR,
    NEIGHBOUR,
    OTHER_CITY,
    OTHER_DISTRICT,
    OTHER_STREET,
    PLACE,
    VolunteeringInMemory,
    window,
)

from services.volunteering.matching.domain.availability import WEEK, covers
from shared.contracts.envelope import MAX_EVENT_BYTES
from shared.contracts.need_parts import Place
from shared.contracts.reasons import reason


def test_a_volunteer_with_standing_acceptance_is_confirmed_at_once_and_one_event_says_so(
    service: VolunteeringInMemory,
) -> None:
    someone = service.volunteer(standing=True)
    service.publish("need_1")
    assert service.announced("need_1") == ["confirmed"]
    said = service.last_event("need_1")
    assert (said.state, said.confirmed, said.offered, said.headcount) == ("staffed", 1, 0, 1)
    assert [(v.volunteer_id, v.state, v.standing, v.ring) for v in said.changed] == [
        (someone, "accepted", True, "community")
    ]
    assert service.broken_laws() == []


def test_others_are_asked_two_for_each_missing_person_and_only_for_half_an_hour(service: VolunteeringInMemory) -> None:
    for _ in range(5):
        service.volunteer()
    service.publish("need_1", 2)
    assert service.announced("need_1") == ["offered"]
    assert service.states("need_1") == ["offered"] * 4
    assert {row.expires_at for row in service.dispatches("need_1")} == {service.engine.now + HOUR / 2}


@pytest.mark.parametrize(
    ("areas", "ring"),
    [
        ([OTHER_CITY, OTHER_DISTRICT, OTHER_STREET, NEIGHBOUR, COMMUNITY], "community"),
        ([OTHER_CITY, OTHER_DISTRICT, OTHER_STREET, NEIGHBOUR], "street"),
        ([OTHER_CITY, OTHER_DISTRICT, OTHER_STREET], "district"),
        ([OTHER_CITY, OTHER_DISTRICT], "city"),
    ],
)
def test_the_nearest_ring_that_has_someone_serves(service: VolunteeringInMemory, areas: list[str], ring: str) -> None:
    people = {area: service.volunteer(area, standing=True) for area in areas}
    service.publish("need_1")
    (row,) = service.dispatches("need_1")
    assert (row.ring, row.volunteer_id) == (ring, people[areas[-1]])
    rings = ["community", "street", "district", "city"]
    tried = [(t.ring, t.gave) for t in service.last_event("need_1").tried]
    assert tried == [(r, int(r == ring)) for r in rings[: rings.index(ring) + 1]]
    assert all(t.reasons for t in service.last_event("need_1").tried)


def test_nobody_from_another_city_or_too_far_away_is_sent(service: VolunteeringInMemory) -> None:
    service.volunteer(OTHER_CITY, standing=True)
    service.volunteer(COMMUNITY, standing=True, location=Place(lon=116.34, lat=40.9))
    service.publish("need_1")
    assert service.state("need_1") == "waiting"


def test_every_skill_and_language_that_is_asked_for_is_needed(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True, skills=("driving",), languages=("kor",))
    service.volunteer(standing=True, skills=("first_aid", "driving"))
    both = service.volunteer(OTHER_DISTRICT, standing=True, skills=("First Aid", "driving"), languages=("kor", "cmn"))
    service.publish("need_1", skills=("first_aid", "driving"), languages=("kor",))
    assert [row.volunteer_id for row in service.dispatches("need_1")] == [both]


def test_a_slot_over_sunday_night_lies_in_the_windows_of_both_days() -> None:
    night = (WEEK - 60, WEEK + 60)
    sunday, monday = (WEEK - 120, WEEK), (0, 120)
    assert covers((monday, sunday), night)
    assert not covers((monday,), night)
    assert not covers((sunday,), night)
    assert covers((), night), "without windows at any time"


def test_availability_is_weekly_and_in_the_citys_own_time(service: VolunteeringInMemory) -> None:
    # START is Monday 01:00 UTC, Monday 09:00 in Shanghai; the slot is 10:00 to 12:00.
    service.volunteer(standing=True, availability=(window((1,), "09:00", "11:00"), window((2,), "00:00", "24:00")))
    fits = service.volunteer(OTHER_DISTRICT, standing=True, availability=(window((1,), "10:00", "12:00"),))
    service.publish("need_1")
    assert [row.volunteer_id for row in service.dispatches("need_1")] == [fits]


def test_a_slot_over_midnight_on_sunday_needs_both_days(service: VolunteeringInMemory) -> None:
    half = service.volunteer(standing=True, availability=(window((7,), "12:00", "24:00"),))
    whole = service.volunteer(
        OTHER_DISTRICT,
        standing=True,
        availability=(window((7,), "12:00", "24:00"), window((1,), "00:00", "06:00")),
    )
    service.publish("need_1", starts=(6 * 24 + 14) * HOUR)  # Sunday 23:00 to Monday 01:00
    assert [row.volunteer_id for row in service.dispatches("need_1")] == [whole] != [half]


def test_who_has_been_sent_often_this_month_comes_after_who_has_not(service: VolunteeringInMemory) -> None:
    people = {service.volunteer(standing=True) for _ in range(4)}
    for day in range(4):
        service.publish(f"need_{day}", starts=(1 + 24 * day) * HOUR)
    assert {row.volunteer_id for day in range(4) for row in service.dispatches(f"need_{day}")} == people


def test_the_younger_old_serve_the_older_old_first(service: VolunteeringInMemory) -> None:
    for year in (1980, 1990, 2000, 1940):
        service.volunteer(standing=True, birth_year=year)
    peer = service.volunteer(standing=True, birth_year=1962)
    service.publish("need_1", groups=("elderly_80_plus",))
    (row,) = service.dispatches("need_1")
    assert row.volunteer_id == peer
    assert row.why.args["younger_old"] == 10


def test_the_younger_old_of_a_ring_come_before_any_number_of_nearer_people(service: VolunteeringInMemory) -> None:
    for _ in range(20):
        service.volunteer(birth_year=1990)
    farther = Place(lon=PLACE.lon, lat=PLACE.lat + 0.03)
    peers = {service.volunteer(birth_year=year, location=farther) for year in (1957, 1966)}
    service.publish("need_1", groups=("elderly_80_plus",))
    assert {row.volunteer_id for row in service.dispatches("need_1")} == peers


def test_where_no_younger_old_is_near_others_are_asked_and_the_trail_says_so(service: VolunteeringInMemory) -> None:
    others = [service.volunteer(birth_year=year) for year in (1990, None)]
    service.volunteer(NEIGHBOUR, birth_year=1965)
    service.publish("need_1", groups=("elderly_80_plus",))
    rows = service.dispatches("need_1")
    assert sorted(row.volunteer_id for row in rows) == sorted(others)
    assert {row.why.code for row in rows} == {"chosen_from_overflow"}
    trail = [told for ring in service.staffing("need_1").tried for told in ring.reasons]
    assert trail == [reason("offers_sent", count=2), reason("from_overflow", count=2)]


def test_the_overflow_comes_after_the_younger_old_who_are_free(service: VolunteeringInMemory) -> None:
    other, peer = service.volunteer(birth_year=1990), service.volunteer(birth_year=1962)
    service.publish("need_1", groups=("elderly_80_plus",))
    rows = service.dispatches("need_1")
    assert [row.volunteer_id for row in rows] == [peer, other]
    assert [row.why.code for row in rows] == ["chosen_by_points", "chosen_from_overflow"]


def test_who_did_not_come_before_comes_after_who_did(service: VolunteeringInMemory) -> None:
    unreliable = service.volunteer(standing=True)
    service.publish("need_1")
    service.wait(4 * 24 * HOUR)
    assert service.person(unreliable).missed == 1
    reliable = service.volunteer(standing=True)
    service.publish("need_2", starts=5 * 24 * HOUR)
    assert [row.volunteer_id for row in service.dispatches("need_2")] == [reliable]


def test_the_reason_names_ring_distance_and_each_part_of_the_score(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True, location=Place(lon=PLACE.lon, lat=PLACE.lat + 0.012))
    service.publish("need_1")
    (row,) = service.dispatches("need_1")
    parts = {"distance": 27, "fit": 15, "availability": 6, "fairness": 15, "reliability": 10, "younger_old": 0}
    assert row.why == reason("chosen_by_points", ring="community", within=2000, points=73, **parts)


def test_the_waiting_list_says_why_in_each_ring(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True, skills=("driving",))
    service.volunteer(NEIGHBOUR, standing=True, skills=("driving",), availability=(window((3,), "09:00", "10:00"),))
    service.volunteer(OTHER_DISTRICT, standing=True)
    service.publish("need_1", skills=("driving",))
    service.publish("need_2", skills=("driving",))
    assert service.announced("need_2") == ["awaited"]
    said = service.last_event("need_2")
    one, nobody = reason("suitable_but_not_free", count=1), reason("nobody_near_enough_with", tags="driving")
    assert [(t.ring, t.reasons) for t in said.tried] == [
        ("community", (one, reason("booked_then", count=1))),
        ("street", (one, reason("unavailable_then", count=1))),
        ("district", (nobody,)),
        ("city", (nobody,)),
    ]
    assert said.waiting
    assert said.waiting[0].for_what == reason("for_volunteers")
    assert said.waiting[0].reason == reason("people_missing", found=0, headcount=1, asked=0)


def test_a_need_in_a_street_centre_begins_with_the_street(service: VolunteeringInMemory) -> None:
    service.volunteer(COMMUNITY, standing=True)
    service.publish("need_1", area="110102009")
    assert [t.ring for t in service.last_event("need_1").tried] == ["street"]


def test_a_need_of_a_whole_province_waits_because_nobody_is_near_to_a_province(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True)
    service.publish("need_1", area="11")
    assert (service.state("need_1"), service.dispatches("need_1")) == ("waiting", [])


def test_the_whole_ring_is_seen_for_somebody_who_need_not_be_asked_before_anyone_is_asked(
    service: VolunteeringInMemory,
) -> None:
    for _ in range(40):
        service.volunteer()
    far = Place(lon=PLACE.lon, lat=PLACE.lat + 0.01)
    someone = service.volunteer(standing=True, location=far)
    service.publish("need_1")
    assert [row.volunteer_id for row in service.dispatches("need_1")] == [someone]


def test_a_neighbour_with_something_else_that_day_comes_before_people_from_farther_away(
    service: VolunteeringInMemory,
) -> None:
    neighbour = service.volunteer(standing=True)
    service.publish("need_1", starts=HOUR)
    for _ in range(30):
        service.volunteer(NEIGHBOUR, standing=True, location=PLACE)
    service.publish("need_2", starts=4 * HOUR)
    assert [row.volunteer_id for row in service.dispatches("need_2")] == [neighbour]


def test_somebody_booked_elsewhere_that_day_but_free_in_the_slot_is_still_found(service: VolunteeringInMemory) -> None:
    someone = service.volunteer(standing=True)
    service.publish("need_1", starts=HOUR)
    service.publish("need_2", starts=4 * HOUR)
    assert [row.volunteer_id for row in service.dispatches("need_2")] == [someone]


def test_needs_at_the_same_moment_spread_over_equally_suited_people(service: VolunteeringInMemory) -> None:
    for _ in range(20):
        service.volunteer(standing=True)
    first = set()
    for n in range(20):
        alone = VolunteeringInMemory()
        alone.engine.entities = dict(service.engine.entities)
        alone.publish(f"need_{n}")
        first.add(alone.dispatches(f"need_{n}")[0].volunteer_id)
    assert len(first) > 5


def test_a_need_without_volunteers_is_nothing_to_volunteering(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True)
    service.publish("need_1", people=False)
    service.cancel("need_1")
    assert [e for e in service.engine.events if e.subject == "need_1"] == [] or service.announced("need_1") == []


def test_a_need_whose_slot_is_over_waits_visibly_and_books_nobody(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True)
    service.publish("need_1", starts=-3 * HOUR)
    assert (service.state("need_1"), service.dispatches("need_1")) == ("waiting", [])
    assert "over" in service.last_event("need_1").waiting[0].reason.code


def test_many_people_are_found_in_steps_whose_events_stay_small() -> None:
    service = VolunteeringInMemory()
    for _ in range(230):
        service.volunteer(standing=True)
    service.publish("need_1", 230)
    service.wait()
    assert service.state("need_1") == "staffed"
    assert service.announced("need_1") == ["offered"] * 3 + ["confirmed"]
    sizes = [len(e.model_dump_json()) for e in service.engine.events if e.subject == "need_1"]
    assert max(sizes) < MAX_EVENT_BYTES
    service.cancel("need_1", 230)
    service.wait()
    assert set(service.states("need_1")) == {"cancelled"}
    assert service.broken_laws() == []
