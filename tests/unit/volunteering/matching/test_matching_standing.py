"""The bounds of standing acceptance: hours a day and week, night, minors, risk, and the way between two services."""

from datetime import timedelta
from typing import Any

import pytest
from volunteering_in_memory import HOUR, MINUTE, PLACE, VolunteeringInMemory, store_by_release_0_2

from services.volunteering.matching.policy import MatchingPolicy
from shared.contracts.need_parts import Place
from shared.contracts.refusals import Refused

DAY = timedelta(days=1)
FAR = Place(lon=PLACE.lon + 0.28, lat=PLACE.lat)
"""24 km away: an hour and 36 minutes at 15 km/h."""


def states(service: VolunteeringInMemory, *needs: str) -> list[str]:
    return [service.dispatches(need)[0].state if service.dispatches(need) else "nobody" for need in needs]


def test_six_hours_a_day_are_confirmed_unasked_and_more_is_asked(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True)
    for nth in range(4):
        service.publish(f"need_{nth}", starts=(1 + 2 * nth) * HOUR)
    service.publish("tomorrow", starts=DAY + HOUR)
    assert states(service, "need_0", "need_1", "need_2", "need_3") == ["accepted"] * 3 + ["offered"]
    assert states(service, "tomorrow") == ["accepted"]


def test_twenty_hours_a_week_are_confirmed_unasked_the_days_already_served_among_them(
    service: VolunteeringInMemory,
) -> None:
    service.volunteer(standing=True)
    for day in range(5):
        service.publish(f"need_{day}", starts=day * DAY + HOUR, lasts=5 * HOUR)
        if day < 4:
            assert states(service, f"need_{day}") == ["accepted"]
            service.serve(f"need_{day}", 5 * HOUR)
    assert states(service, "need_4") == ["offered"]
    service.publish("next_week", starts=7 * DAY + HOUR, lasts=5 * HOUR)
    assert states(service, "next_week") == ["accepted"]


@pytest.mark.parametrize(
    ("starts", "lasts", "state"),
    [
        (10 * HOUR, 2 * HOUR, "accepted"),
        (10 * HOUR, 2 * HOUR + MINUTE, "offered"),
        (21 * HOUR, HOUR, "offered"),
        (22 * HOUR, HOUR, "accepted"),
        (14 * HOUR, HOUR, "offered"),
    ],
    ids=["until 21:00", "a minute later", "from 06:00", "from 07:00", "at 23:00"],
)
def test_nobody_is_confirmed_unasked_for_the_night(
    service: VolunteeringInMemory, starts: timedelta, lasts: timedelta, state: str
) -> None:
    service.volunteer(standing=True)
    service.publish("need_1", starts=starts, lasts=lasts)
    assert states(service, "need_1") == [state]


def test_a_window_of_the_whole_day_reaches_over_midnight() -> None:
    service = VolunteeringInMemory(MatchingPolicy(standing_from="00:00", standing_until="24:00"))
    service.volunteer(standing=True)
    service.publish("need_1", starts=14 * HOUR, lasts=2 * HOUR)
    assert states(service, "need_1") == ["accepted"]


def test_a_minor_is_always_asked_and_only_for_the_hours_of_minors(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True, birth_year=2010)
    service.publish("by_day", starts=2 * HOUR)
    service.publish("at_23", starts=14 * HOUR)
    assert states(service, "by_day", "at_23") == ["offered", "nobody"]
    assert "outside_minors_hours" in str(service.last_event("at_23").tried)


@pytest.mark.parametrize("risk", [{"groups": ("violence_victims",)}, {"theme": "disaster_response"}])
def test_for_a_risky_need_everybody_is_asked(service: VolunteeringInMemory, risk: dict[str, Any]) -> None:
    service.volunteer(standing=True)
    service.publish("need_1", **risk)
    assert states(service, "need_1") == ["offered"]


def test_a_city_decides_the_bounds() -> None:
    service = VolunteeringInMemory(MatchingPolicy(standing_day_hours=2, standing_until="24:00", always_asked=""))
    service.volunteer(standing=True)
    service.publish("need_1", starts=13 * HOUR, groups=("violence_victims",))
    service.publish("need_2", starts=11 * HOUR)
    assert states(service, "need_1", "need_2") == ["accepted", "offered"]


def test_two_services_24_km_apart_need_time_for_the_way(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True)
    service.publish("need_1", lasts=HOUR)
    service.publish("too_soon", starts=3 * HOUR, place=FAR)
    service.publish("in_time", starts=4 * HOUR, place=FAR)
    assert states(service, "need_1", "too_soon", "in_time") == ["accepted", "nobody", "accepted"]
    assert "no_time_to_travel" in str(service.last_event("too_soon").tried)


def test_an_offer_to_which_the_way_is_too_long_is_not_accepted_without_a_word(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.publish("near", lasts=HOUR)
    service.publish("far", starts=2 * HOUR, place=FAR)
    own = service.dispatches("near")[0].id
    service.accept(own)
    with pytest.raises(Refused) as refused:
        service.accept(service.dispatches("far")[0].id)
    assert (refused.value.code, refused.value.rule) == ("conflict", "way_too_long")
    assert refused.value.values["other"] == own
    assert refused.value.values["minutes"] in range(94, 98)
    service.decline(own)
    assert service.accept(service.dispatches("far")[0].id).state == "accepted"


def test_a_way_binds_for_a_day_before_and_after_a_service_and_no_longer(service: VolunteeringInMemory) -> None:
    someone = service.person(service.volunteer(standing=True))
    service.publish("need_1", lasts=HOUR)
    (hold,) = service.person(someone.id).bookings
    shanghai, bounds = (121.47, 31.23), MatchingPolicy().standing_bounds
    for gap, bound in ((DAY - HOUR, True), (DAY + HOUR, False)):
        starts = hold.ends + int(gap.total_seconds())
        found = bounds.find_unreachable(service.person(someone.id), shanghai, starts, starts + 3600)
        assert (found is not None) is bound, gap


def test_services_next_door_may_touch(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True)
    service.publish("need_1", lasts=HOUR)
    service.publish("need_2", starts=2 * HOUR, place=Place(lon=PLACE.lon + 0.01, lat=PLACE.lat))
    assert states(service, "need_1", "need_2") == ["accepted", "accepted"]


def test_a_booking_never_asked_for_is_given_back_at_once_without_effect_on_reliability(
    service: VolunteeringInMemory,
) -> None:
    someone = service.volunteer(standing=True)
    service.publish("at_once", starts=5 * HOUR)
    service.publish("too_late", starts=9 * HOUR)
    service.wait(2 * HOUR)
    service.decline(service.dispatches("at_once")[0].id)
    assert service.person(someone).missed == 0
    service.wait()
    service.decline(service.dispatches("too_late")[0].id)
    assert service.person(someone).missed == 1


def test_where_release_0_2_has_dropped_since_when_a_booking_stands_its_return_is_not_held_against_anybody(
    service: VolunteeringInMemory,
) -> None:
    someone = service.volunteer(standing=True)
    service.publish("need_1", starts=5 * HOUR)
    store_by_release_0_2(service, "need_1")
    service.decline(service.dispatches("need_1")[0].id)
    assert service.person(someone).missed == 0
