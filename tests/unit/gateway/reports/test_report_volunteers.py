"""The number of volunteers who were credited: each once in every area and period, in any order of events."""

from random import Random

from examples import examples
from gateway_events import event_of
from hypothesis import given
from hypothesis import strategies as st
from report_views import views_after

from services.gateway.features.reports.periods import read_period
from services.gateway.features.reports.volunteer_years import (
    MOST_PLACES,
    VolunteerCount,
    VolunteerYear,
    count_ids,
    is_kept,
    keys_of_month,
    with_place,
)
from services.gateway.following.memory import ViewsInMemory
from shared.contracts import CloudEvent
from shared.contracts.merging import IdentityState
from shared.contracts.volunteering.merges import VolunteersMerged, VolunteersUnmerged
from shared.contracts.volunteering.timebank import HoursAdjusted, HoursCredited
from shared.engine.decide.memory import START

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


@examples(12)
@given(st.integers(0, 10_000), st.booleans())
def test_any_order_and_repetition_of_credits_counts_the_same(seed: int, together: bool) -> None:
    draw = Random(seed)
    events = CREDITS[: draw.randint(1, len(CREDITS))]
    others = [*events, *draw.choices(events, k=3)]
    draw.shuffle(others)
    assert kept(views_after(*others, together=together)) == kept(views_after(*events))


def test_the_row_of_a_volunteer_is_bounded() -> None:
    row = VolunteerYear(id="vol_1|2026")
    for nth in range(MOST_PLACES + 9):
        row = with_place(row, "2026-03", f"11010200{nth:04}")
    assert sum(map(len, row.months.values())) == MOST_PLACES


def merged(merge: str, *, undone: bool = False) -> CloudEvent:
    """The event by which `vol_1` stands for `vol_2`, or no longer does."""
    identities = (
        IdentityState(id="vol_1", version=2, survivor_id="vol_2" if not undone else "vol_1"),
        IdentityState(id="vol_2", version=2, survivor_id="vol_2", merged_ids=() if undone else ("vol_1",)),
    )
    kind = VolunteersUnmerged if undone else VolunteersMerged
    data = kind(
        merge_id=merge, version=2 if undone else 1, area=HOME, merged_id="vol_1", survivor_id="vol_2",
        state="unmerged" if undone else "merged", reason="registered_twice", merged_at=START,
        merged_by="actor.volunteering." + "a" * 43, identities=identities,
    )  # fmt: skip
    return event_of(data, version=2 if undone else 1, subject=merge)


def marked(views: ViewsInMemory) -> dict[str, list[str]]:
    """The periods and communities by which the rows of merged people are found."""
    rows = (one for one in views.entities.values() if isinstance(one, VolunteerYear))
    return {row.id: row.merged_in for row in rows if row.merged_in}


def test_the_years_of_people_whose_ids_were_merged_are_found_by_period_and_community() -> None:
    views = views_after(*CREDITS, merged("merge_1"))
    assert set(marked(views)) == {"vol_1|2026", "vol_2|2026"}
    assert set(marked(views)["vol_2|2026"]) == {
        f"{key}|{area}"
        for month, area in (("2026-06", HOME), ("2026-03", STREET))
        for key in keys_of_month(month)
    }  # fmt: skip


@examples(20)
@given(st.integers(0, 10_000), st.booleans())
def test_any_order_of_credits_and_merges_marks_the_same_rows(seed: int, together: bool) -> None:
    draw = Random(seed)
    events = [*CREDITS, merged("merge_1"), merged("merge_1", undone=True)]
    others = [*events, *draw.choices(events, k=3)]
    draw.shuffle(others)
    views, expected = views_after(*others, together=together), views_after(*events)
    assert marked(views) == marked(expected)
    assert kept(views) == kept(expected)


def test_months_quarters_and_years_are_kept_and_days_and_weeks_are_not() -> None:
    names = ("2026", "2026-Q4", "2026-11", "2026-W45", "2026-11-03")
    assert [is_kept(read_period(name)) for name in names] == [True, True, True, False, False]
