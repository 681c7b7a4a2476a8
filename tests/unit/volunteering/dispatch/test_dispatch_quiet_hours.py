"""The time to answer an offer: it grows with the lead time, and the quiet hours of the city do not count."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from volunteering_in_memory import HOUR, MINUTE, START, VolunteeringInMemory

from services.volunteering.dispatch.domain.expiry import time_to_answer
from services.volunteering.dispatch.domain.quiet_hours import QuietHours
from services.volunteering.dispatch.policy import DispatchPolicy
from shared.contracts.refusals import Refused

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = QuietHours(21 * 60 + 30, 7 * 60 + 30, SHANGHAI)


def at(clock: str, day: int = 2) -> datetime:
    """An instant of March 2026 in the city; the tests begin on the 2nd at 09:00."""
    hours, minutes = clock.split(":")
    return datetime(2026, 3, day, int(hours), int(minutes), tzinfo=SHANGHAI).astimezone(UTC)


@pytest.mark.parametrize(
    ("lead", "time"),
    [(HOUR, 30 * MINUTE), (5 * HOUR, 30 * MINUTE), (20 * HOUR, 2 * HOUR), (50 * 24 * HOUR, 24 * HOUR)],
)
def test_the_time_to_answer_grows_with_the_lead_time_within_bounds(lead: timedelta, time: timedelta) -> None:
    assert time_to_answer(lead, DispatchPolicy()) == time


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (at("21:29"), None), (at("21:30"), at("07:30", 3)), (at("23:59"), at("07:30", 3)), (at("00:00"), at("07:30")),
        (at("07:29"), at("07:30")), (at("07:30"), None), (at("12:00"), None),
    ],
)  # fmt: skip
def test_the_quiet_hours_reach_over_midnight(now: datetime, until: datetime | None) -> None:
    assert NIGHT.end_around(now) == until


def test_quiet_hours_within_a_day_and_none_at_all() -> None:
    noon = QuietHours(12 * 60, 14 * 60, SHANGHAI)
    assert noon.end_around(at("13:00")) == at("14:00")
    assert noon.end_around(at("14:00")) is None
    assert noon.pass_outside(at("11:30"), HOUR) == at("14:30")
    none = QuietHours(0, 0, SHANGHAI)
    assert none.end_around(at("00:00")) is None
    assert none.pass_outside(at("20:00"), 30 * HOUR) == at("02:00", 4)


@pytest.mark.parametrize(
    ("made", "time", "expires"),
    [
        (at("20:00"), HOUR, at("21:00")), (at("21:00"), HOUR, at("08:00", 3)), (at("23:00"), HOUR, at("08:30", 3)),
        (at("21:00"), 30 * MINUTE, at("21:30")), (at("09:00"), 14 * HOUR, at("09:00", 3)),
        (at("09:00"), 40 * HOUR, at("21:00", 4)),
    ],
)  # fmt: skip
def test_the_quiet_hours_do_not_count(made: datetime, time: timedelta, expires: datetime) -> None:
    assert NIGHT.pass_outside(made, time) == expires


def test_an_offer_of_the_evening_is_answered_the_next_morning(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.wait(at("21:00") - START)
    service.publish("need_1", starts=at("21:00", 4) - START)
    (offer,) = service.dispatches("need_1", "offered")
    assert offer.expires_at == at("11:48", 3)
    service.wait(at("11:30", 3) - service.engine.now)
    assert service.accept(offer.id).state == "accepted"


def test_nobody_is_asked_in_the_quiet_hours_and_the_need_says_when(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.wait(at("23:00") - START)
    service.publish("need_1", starts=at("23:00", 4) - START)
    assert (service.state("need_1"), service.dispatches("need_1")) == ("waiting", [])
    (waiting,) = service.last_event("need_1").waiting
    assert (waiting.reason.code, waiting.next_step.code) == ("quiet_hours", "asked_in_the_morning")
    assert datetime.fromisoformat(str(waiting.next_step.args["at"])) == at("07:30", 3)
    service.wait(at("07:29", 3) - service.engine.now)
    assert service.dispatches("need_1") == []
    assert service.announced("need_1") == ["awaited"]
    service.wait(MINUTE)
    assert service.states("need_1") == ["offered"]
    assert service.announced("need_1") == ["awaited", "offered"]


def test_standing_acceptance_counts_in_the_quiet_hours(service: VolunteeringInMemory) -> None:
    service.wait(at("23:00") - START)
    service.publish("need_1", starts=at("10:00", 4) - START)
    someone = service.volunteer(standing=True)
    service.wait()
    assert [row.volunteer_id for row in service.dispatches("need_1", "accepted")] == [someone]


def test_the_most_urgent_needs_ask_at_night_and_their_time_runs(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.wait(at("23:00") - START)
    service.publish("need_1", starts=at("09:00", 3) - START, urgency="urgent")
    (offer,) = service.dispatches("need_1", "offered")
    assert offer.expires_at == at("23:00") + HOUR


def test_a_city_may_leave_its_people_alone_at_night_whatever_the_urgency() -> None:
    service = VolunteeringInMemory(DispatchPolicy(urgent_at_night=False))
    service.volunteer()
    service.wait(at("23:00") - START)
    service.publish("need_1", starts=at("09:00", 3) - START, urgency="urgent")
    assert service.states("need_1") == []


def test_a_need_of_the_night_itself_asks_at_night(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.wait(at("22:00") - START)
    service.publish("need_1", starts=at("07:00", 3) - START)
    (offer,) = service.dispatches("need_1", "offered")
    assert offer.expires_at == at("22:54")


def test_a_withdrawal_at_night_is_offered_on_in_the_morning(service: VolunteeringInMemory) -> None:
    quick, slow = service.volunteer(), service.volunteer()
    service.publish("need_1", starts=at("09:00", 3) - START)
    own = {row.volunteer_id: row.id for row in service.dispatches("need_1")}
    service.accept(own[quick])
    service.wait(at("23:00") - START)
    service.decline(own[quick])
    assert service.states("need_1") == ["cancelled", "declined"]
    service.wait(at("07:30", 3) - service.engine.now)
    assert [row.volunteer_id for row in service.dispatches("need_1", "offered")] == [slow]


def test_an_offer_that_is_open_when_the_night_begins_is_still_refused_after_its_time(
    service: VolunteeringInMemory,
) -> None:
    service.volunteer()
    service.wait(at("21:00") - START)
    service.publish("need_1", starts=at("14:00", 3) - START)
    (offer,) = service.dispatches("need_1", "offered")
    assert offer.expires_at is not None
    service.engine.now = offer.expires_at
    with pytest.raises(Refused) as refused:
        service.accept(offer.id)
    assert refused.value.rule == "offer_expired"
