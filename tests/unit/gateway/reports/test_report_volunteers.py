"""The number of volunteers who were credited: each once in every area and period, in any order of events."""

from random import Random

from gateway_events import event_of
from hypothesis import given, settings
from hypothesis import strategies as st
from report_views import views_after

from services.gateway.features.reports.periods import read_period
from services.gateway.features.reports.volunteer_years import (
    MOST_PLACES,
    VolunteerCount,
    VolunteerYear,
    count_ids,
    is_among,
    is_kept,
    with_place,
)
from services.gateway.following.memory import ViewsInMemory
from shared.contracts import CloudEvent
from shared.contracts.volunteering.timebank import HoursAdjusted, HoursCredited

HOME, STREET, AWAY = "110102009017", "110102009", "110105001002"
DAY = 24 * 60


def credited(transfer: int, *, by: str = "vol_1", area: str = HOME, days: int = 0) -> CloudEvent:
    """The event of a credit so many days after the second of March."""
    data = HoursCredited(
        transfer_id=f"t_{transfer}", volunteer_id=by, need_id="need_1", dispatch_id=f"d_{transfer}", area=area,
        minutes=60, balance_minutes=0, account_version=1,
    )  # fmt: skip
    return event_of(data, version=1, subject=f"d_{transfer}", minutes=days * DAY)


def volunteers(views: ViewsInMemory, area: str, key: str) -> int:
    ids = count_ids(area, key)
    return sum(one.volunteers for one in views.entities.values() if isinstance(one, VolunteerCount) and one.id in ids)


def kept(views: ViewsInMemory) -> dict[str, int]:
    return {one.id: one.volunteers for one in views.entities.values() if isinstance(one, VolunteerCount)}


CREDITS = [
    credited(1), credited(2), credited(3, days=40), credited(4, area=AWAY, days=40), credited(5, by="vol_2", days=100),
    credited(6, by="vol_2", area=STREET), credited(7, by="vol_3", area=AWAY, days=304),
]  # fmt: skip


def test_somebody_of_two_places_and_months_counts_once_in_the_city_and_the_year() -> None:
    views = views_after(*CREDITS[:4])
    assert {volunteers(views, area, "2026") for area in ("", "11", "1101", "110102", "110105", STREET, HOME)} == {1}
    assert [volunteers(views, "1101", key) for key in ("2026-03", "2026-04", "2026-Q1", "2026-Q2")] == [1, 1, 1, 1]
    assert volunteers(views, AWAY, "2026-03") == 0


def test_people_are_counted_where_they_served_and_in_every_area_around_it() -> None:
    views = views_after(*CREDITS)
    assert [volunteers(views, area, "2026") for area in ("", "1101", "110102", STREET, HOME, AWAY)] == [
        3,
        3,
        2,
        2,
        2,
        2,
    ]
    assert [volunteers(views, HOME, key) for key in ("2026-03", "2026-06", "2026-12")] == [1, 1, 0]
    assert volunteers(views, "", "2026-12") == 1


def test_minutes_taken_back_take_nobody_back_who_was_credited() -> None:
    back = HoursAdjusted(
        transfer_id="t_9", volunteer_id="vol_1", need_id="need_1", dispatch_id="d_1", area=HOME, minutes=-60,
        balance_minutes=0, account_version=2, reason_code="left_earlier", service_minutes=0, short_minutes=0,
    )  # fmt: skip
    views = views_after(CREDITS[0], event_of(back, version=2, subject="d_1"))
    assert volunteers(views, HOME, "2026-03") == 1


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_any_order_and_repetition_of_credits_counts_the_same(seed: int, together: bool) -> None:
    draw = Random(seed)
    events = CREDITS[: draw.randint(1, len(CREDITS))]
    others = [*events, *draw.choices(events, k=3)]
    draw.shuffle(others)
    assert kept(views_after(*others, together=together)) == kept(views_after(*events))


def test_the_row_of_a_volunteer_is_bounded_and_knows_the_areas_of_a_period() -> None:
    row = VolunteerYear(id="vol_1|2026")
    for nth in range(MOST_PLACES + 9):
        row = with_place(row, "2026-03", f"11010200{nth:04}")
    assert sum(map(len, row.months.values())) == MOST_PLACES
    assert is_among(row, "110102", read_period("2026-Q1"))
    assert not is_among(row, "110102", read_period("2026-04"))
    assert not is_among(row, "110105", read_period("2026"))


def test_months_quarters_and_years_are_kept_and_days_and_weeks_are_not() -> None:
    names = ("2026", "2026-Q4", "2026-11", "2026-W45", "2026-11-03")
    assert [is_kept(read_period(name)) for name in names] == [True, True, True, False, False]
