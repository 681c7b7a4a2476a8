"""The slots on a volunteer's document: as many as may still overlap another, however many needs were served."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from bson import encode
from volunteering_in_memory import COMMUNITY, HOUR, VolunteeringInMemory

from services.volunteering.matching.domain import volunteers
from services.volunteering.matching.domain.asks import NO_LIMITS
from services.volunteering.matching.domain.demand import Demand
from services.volunteering.matching.domain.months import Month, month_of
from services.volunteering.matching.domain.requirement import Requirement
from services.volunteering.matching.domain.scoring import MOST_COUNTED, load_in, order
from services.volunteering.matching.domain.volunteers import (
    ANY_TAG,
    MAX_BOOKINGS,
    Hold,
    Volunteer,
    booked,
    checked_in,
    checked_out,
    hold_of,
    offered,
    released,
)
from services.volunteering.matching.policy import MatchingPolicy
from shared.engine.decide.memory import START

DAY = timedelta(days=1)
NEXT = hold_of("dsp_next.1", START + HOUR, START + 2 * HOUR)
CHANGES: dict[str, Callable[[Volunteer], Volunteer]] = {
    "booked": lambda v: booked(v, NEXT, START, (116.3, 39.9)),
    "offered": lambda v: offered(v, NEXT, START, 1),
    "released": lambda v: released(v, "dsp_other.1", START),
    "checked in": lambda v: checked_in(v, "dsp_other.1", START),
    "checked out": lambda v: checked_out(v, "dsp_other.1", START),
}


def slot_before(number: int, ago: timedelta) -> Hold:
    return hold_of(f"dsp_past_{number}.1", START - ago - HOUR, START - ago)


def a_volunteer(bookings: tuple[Hold, ...], offers: tuple[Hold, ...] = ()) -> Volunteer:
    return Volunteer(
        id="vol_1", version=1, area=COMMUNITY, home=(116.3, 39.9), tags=("any",), bookings=bookings, offers=offers
    )


def serve_needs(service: VolunteeringInMemory, first: int, days: int) -> None:
    """One need a day, which the one volunteer serves."""
    for day in range(first, first + days):
        service.publish(f"need_{day}", starts=day * DAY + HOUR)
        service.serve(f"need_{day}")
        service.confirm(f"need_{day}", starts=day * DAY + HOUR)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_drops_the_slots_that_can_overlap_no_other_any_more(
    change: Callable[[Volunteer], Volunteer],
) -> None:
    past = tuple(slot_before(n, DAY + n * HOUR) for n in range(200))
    recent, open_offer = (
        slot_before(300, DAY - timedelta(seconds=1)),
        hold_of("dsp_open.1", START + DAY, START + 2 * DAY),
    )
    after = change(a_volunteer((*past, recent), (past[0], open_offer)))
    assert recent in after.bookings
    assert open_offer in after.offers
    assert not {*past} & {*after.bookings, *after.offers}


def test_a_release_gives_back_a_booking_of_long_ago_as_any_other() -> None:
    past = slot_before(1, 2 * DAY)
    after = released(a_volunteer((past,)).model_copy(update={"taken": 3}), past.dispatch_id, START)
    assert (after.bookings, after.taken) == ((), 3), "it is no service of its month"


def test_who_has_served_the_most_needs_that_one_may_promise_is_given_the_next(
    service: VolunteeringInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 5
    monkeypatch.setattr(volunteers, "MAX_BOOKINGS", most)
    someone = service.volunteer(standing=True)
    for day in range(most):
        service.publish(f"need_{day}", starts=day * DAY + HOUR)
    service.publish("need_beyond", starts=most * DAY + HOUR)
    assert service.state("need_beyond") == "waiting", "nobody is booked for more at once"
    service.cancel("need_beyond")
    for day in range(most):
        service.serve(f"need_{day}")
    service.wait(2 * DAY)
    service.publish("need_next", starts=(most + 9) * DAY)
    assert [row.volunteer_id for row in service.dispatches("need_next", "accepted")] == [someone]


def test_bookings_of_a_former_release_that_are_all_over_keep_nobody_from_a_need(service: VolunteeringInMemory) -> None:
    someone = service.volunteer(standing=True)
    known = service.person(someone)
    past = tuple(slot_before(n, (n + 2) * DAY) for n in range(MAX_BOOKINGS))
    service.engine.entities[Volunteer, someone] = known.model_copy(update={"bookings": past})
    service.publish("need_1")
    assert [row.volunteer_id for row in service.dispatches("need_1", "accepted")] == [someone]
    assert len(service.person(someone).bookings) == 1


def test_a_volunteers_document_does_not_grow_with_the_needs_served(service: VolunteeringInMemory) -> None:
    someone = service.volunteer(standing=True)
    serve_needs(service, 10, 12)
    before = len(encode(service.person(someone).to_document()))
    serve_needs(service, 22, 9)
    assert service.person(someone).kept == 21
    assert len(encode(service.person(someone).to_document())) <= before


def test_a_release_takes_nothing_from_anybodys_reliability_unless_somebody_was_missed() -> None:
    someone = a_volunteer((NEXT,)).model_copy(update={"missed": 2})
    free = released(someone, NEXT.dispatch_id, START)
    assert (free.bookings, free.missed, free.taken) == ((), 2, 0)
    assert released(someone, NEXT.dispatch_id, START, missed=True).missed == 3


MARCH, APRIL = (Month.around(int(datetime(2026, month, 9, tzinfo=UTC).timestamp())) for month in (3, 4))


def test_a_service_counts_for_the_month_in_which_it_takes_place_whenever_it_was_promised() -> None:
    someone = booked(a_volunteer(()), slot_before(-1, -40 * DAY), START, (0.0, 0.0))
    assert (load_in(someone, MARCH), load_in(someone, APRIL)) == (0, 1), "promised in March for April"
    later = released(booked(someone, slot_before(-2, -1 * DAY), START, (0.0, 0.0)), "dsp_other.1", START + 50 * DAY)
    assert later.bookings == (), "the slots are over and dropped"
    assert (load_in(later, MARCH), load_in(later, APRIL)) == (0, 1), "the last month is counted on"
    assert released(someone, someone.bookings[0].dispatch_id, START).taken == 0, "what is given back counts nowhere"


def points_in_fours(someone: Volunteer, month: Month, tag: str = ANY_TAG) -> int:
    """The points of a volunteer next door for a need of that month, in steps of SAME_POINTS."""
    starts = month.begins + 3600
    needed = Requirement("need_1", 116.3, 39.9, COMMUNITY, (tag,), starts, starts + 3600, (60, 120), 2026, False)
    demand = Demand(needed, 1, 1, (), NO_LIMITS, MatchingPolicy().standing_bounds)
    return -order(demand, [someone])[0][2]


def test_points_are_counted_again_for_a_volunteer_a_month_or_a_tag_that_is_another() -> None:
    idle = a_volunteer(()).model_copy(update={"tags": (ANY_TAG, "driving")})
    busy = booked(idle, slot_before(-1, -40 * DAY), START, (0.0, 0.0))
    for month, expected in ((APRIL, 17), (MARCH, 19), (APRIL, 17)):
        assert points_in_fours(busy, month) == expected
    assert (points_in_fours(idle, APRIL), points_in_fours(busy, APRIL)) == (19, 17), "before and after a booking"
    assert (points_in_fours(busy, APRIL, "driving"), points_in_fours(busy, APRIL)) == (19, 17), (
        "another skill asked for"
    )
    crowd = [busy.model_copy(update={"id": f"vol_{n}"}) for n in range(2 * MOST_COUNTED)]
    assert {points_in_fours(one, APRIL) for one in crowd} == {17}, "more people than are kept counted"
    assert points_in_fours(idle, APRIL) == 19


def test_the_months_of_december_and_january_follow_each_other() -> None:
    december, january = (
        Month.around(int(at.timestamp()))
        for at in (datetime(2026, 12, 31, 23, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    )
    assert december.number + 1 == january.number
    assert december.ends == january.begins


def test_who_is_checked_in_elsewhere_stays_so_where_another_dispatch_ends() -> None:
    serving = a_volunteer((NEXT,)).model_copy(update={"serving": NEXT.dispatch_id, "kept": 4})
    other = checked_out(serving, "dsp_other.1", START)
    assert (other.serving, other.kept) == (NEXT.dispatch_id, 5)
    assert checked_out(serving, NEXT.dispatch_id, START).serving is None
    assert released(serving, "dsp_other.1", START).serving == NEXT.dispatch_id
    assert released(serving, NEXT.dispatch_id, START).serving is None


def test_months_are_numbered_one_after_the_other_over_new_year() -> None:
    dates = ((2026, 11), (2026, 12), (2027, 1), (2027, 2))
    months = [month_of(datetime(year, month, 28, tzinfo=UTC)) for year, month in dates]
    assert months == list(range(2026 * 12 + 11, 2026 * 12 + 15))


@pytest.fixture
def process_in_shanghai(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("process_in_shanghai")
def test_a_month_of_service_is_that_of_utc_wherever_the_process_runs() -> None:
    seconds = int(START.timestamp())
    month = Month.around(seconds)
    bounds = tuple(datetime.fromtimestamp(at, UTC) for at in (month.begins, month.ends))
    assert bounds == (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
