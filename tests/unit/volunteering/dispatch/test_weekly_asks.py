"""The bound of a week: nobody is asked more often, also where the offers were declined or lapsed."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from volunteering_in_memory import HOUR, VolunteeringInMemory

from services.volunteering.matching.domain.asks import AskLimits, add_asks, week_of
from services.volunteering.matching.policy import MatchingPolicy

DAY = timedelta(days=1)


def test_nobody_is_asked_more_than_three_times_a_week_and_the_reason_is_told(service: VolunteeringInMemory) -> None:
    someone = service.volunteer()
    for nth in range(4):
        service.publish(f"need_{nth}", starts=(1 + 24 * nth) * HOUR, score=60)
    assert [service.state(f"need_{nth}") for nth in range(4)] == ["offered"] * 3 + ["waiting"]
    assert "asked_enough_this_week" in str(service.last_event("need_3").tried)
    assert service.person(someone).asked[1] == 3


def test_the_last_ask_of_the_week_is_kept_for_the_more_urgent(service: VolunteeringInMemory) -> None:
    someone = service.volunteer()
    for nth in range(3):
        service.publish(f"need_{nth}", starts=(1 + 24 * nth) * HOUR, score=59)
    service.publish("need_urgent", starts=80 * HOUR, score=60)
    assert [service.state(f"need_{nth}") for nth in range(3)] == ["offered", "offered", "waiting"]
    assert [row.volunteer_id for row in service.dispatches("need_urgent")] == [someone]


def test_where_one_ask_a_week_is_permitted_every_need_may_make_it() -> None:
    service = VolunteeringInMemory(MatchingPolicy(weekly_asks=1))
    service.volunteer()
    service.publish("need_1", score=10)
    assert service.state("need_1") == "offered"


def test_the_answers_give_no_other_ask_within_the_week(service: VolunteeringInMemory) -> None:
    service.volunteer()
    for nth in range(4):
        service.publish(f"need_{nth}", starts=(1 + 24 * nth) * HOUR, score=60)
        for row in service.dispatches(f"need_{nth}"):
            service.decline(row.id)
    assert service.dispatches("need_3") == []


def test_the_next_week_begins_on_monday_and_the_waiting_need_asks_then(service: VolunteeringInMemory) -> None:
    someone = service.volunteer()
    for nth in range(4):
        service.publish(f"need_{nth}", starts=9 * DAY + 3 * nth * HOUR, score=60)
        for row in service.dispatches(f"need_{nth}"):
            service.decline(row.id)
    service.wait(6 * DAY)  # from Monday 09:00 to Sunday 09:00
    assert service.dispatches("need_3") == []
    service.wait(DAY)
    assert [row.volunteer_id for row in service.dispatches("need_3")] == [someone]


def test_a_near_one_who_was_asked_enough_hides_nobody_farther_away(service: VolunteeringInMemory) -> None:
    near = [service.volunteer() for _ in range(20)]
    for nth in range(28):
        service.publish(f"need_{nth}", starts=(1 + 2 * nth) * HOUR)
    assert {service.person(one).asked[1] for one in near} == {2}, "all that a need of 50 points may ask for"
    fresh = service.volunteer("110105001001")
    service.publish("need_last", starts=100 * HOUR)
    assert fresh in [row.volunteer_id for row in service.dispatches("need_last")]


def test_an_offer_made_again_to_the_next_in_line_is_the_same_ask(service: VolunteeringInMemory) -> None:
    quick, slow = service.volunteer(), service.volunteer()
    for nth in range(3):
        service.publish(f"need_{nth}", starts=(14 + 3 * nth) * HOUR, score=60)
    own = {row.volunteer_id: row.id for row in service.dispatches("need_0")}
    service.accept(own[quick])
    service.decline(own[quick])
    assert [row.volunteer_id for row in service.dispatches("need_0", "offered")] == [slow]
    assert service.person(slow).asked[1] == 3


def test_standing_acceptance_confirms_beyond_it_because_nobody_is_asked(service: VolunteeringInMemory) -> None:
    service.volunteer(standing=True)
    for nth in range(5):
        service.publish(f"need_{nth}", starts=(2 + 24 * nth) * HOUR, lasts=HOUR)
    assert [service.state(f"need_{nth}") for nth in range(5)] == ["staffed"] * 5


@pytest.mark.parametrize(("hour", "later"), [("2026-03-08T15:59", 0), ("2026-03-08T16:00", 1)])
def test_a_week_begins_at_midnight_by_the_citys_clock(hour: str, later: int) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    monday = week_of(datetime.fromisoformat("2026-03-02T01:00+00:00"), zone)
    assert week_of(datetime.fromisoformat(f"{hour}+00:00"), zone) == monday + later


def test_two_ids_of_one_person_were_asked_together() -> None:
    limits = AskLimits(open_offers=5, weekly=3, week=8)
    assert limits.used_up_by(add_asks((8, 2), (8, 1)))
    assert not limits.used_up_by(add_asks((7, 3), (8, 1)))
