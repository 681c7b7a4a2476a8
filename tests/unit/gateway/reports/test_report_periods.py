"""Calendar periods of reports, and the spread of durations."""

from datetime import date, timedelta

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.features.reports.periods import cover, day_of, month_of, read_period, split
from services.gateway.features.reports.spread import bucket_of, middle_of, percentile


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-Q1", "2026-01-01", "2026-03-31"),
        ("2026-Q4", "2026-10-01", "2026-12-31"),
        ("2028-02", "2028-02-01", "2028-02-29"),
        ("2026-W01", "2025-12-29", "2026-01-04"),
        ("2026-11-03", "2026-11-03", "2026-11-03"),
    ],
)
def test_a_period_has_its_first_and_its_last_day(name: str, first: str, last: str) -> None:
    assert read_period(name)[1:] == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize("name", ["2026-13", "2026-02-30", "2027-W53", "2026-Q5", "26", "2026-11-3", "2026-W00"])
def test_a_period_that_no_calendar_has_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_period(name)


def test_an_instant_belongs_to_the_day_of_the_city() -> None:
    assert day_of("2026-10-31T16:00:00Z") == "2026-11-01"
    assert day_of("2026-10-31T15:59:59.999Z") == "2026-10-31"


@examples(25)
@given(st.dates(date(2024, 1, 1), date(2027, 12, 31)), st.integers(0, 900))
def test_kept_periods_cover_each_day_of_a_stretch_once(first: date, more: int) -> None:
    last = first + timedelta(days=more)
    days = [
        found.first + timedelta(days=nth)
        for found in map(read_period, cover(first, last))
        for nth in range((found.last - found.first).days + 1)
    ]
    assert days == [first + timedelta(days=nth) for nth in range(more + 1)]


@pytest.mark.parametrize(
    ("name", "parts", "second"), [("2026", 12, "2026-02"), ("2026-Q2", 3, "2026-05"), ("2026-02", 28, "2026-02-02")]
)
def test_a_series_goes_by_months_of_a_year_and_by_days_of_a_month(name: str, parts: int, second: str) -> None:
    found = split(read_period(name))
    assert (len(found), found[1].name) == (parts, second)


def test_days_of_reports_are_legal_days_also_where_people_live_by_another_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LIANSHAN_CITY_TIME_ZONE", "Asia/Urumqi")
    assert day_of("2026-11-02T15:59:59Z") == "2026-11-02"
    assert day_of("2026-11-02T16:00:00Z") == "2026-11-03", "midnight in Beijing, 22:00 in Urumqi"
    begin, end = read_period("2026-11-03").instants()
    assert (begin.isoformat(), end.isoformat()) == ("2026-11-02T16:00:00+00:00", "2026-11-03T16:00:00+00:00")
    assert month_of(end) == "2026-11"


def test_a_bucket_stands_for_its_durations_to_one_part_in_32() -> None:
    durations = [*range(3_000), *(2**power + more for power in range(12, 23) for more in (-1, 0, 1))]
    assert all(abs(middle_of(bucket_of(each)) - each) * 32 <= each for each in durations)
    assert [bucket_of(each) for each in durations[:3_000]] == sorted(map(bucket_of, durations[:3_000]))


@examples(25)
@given(st.lists(st.integers(0, 60 * 24 * 400), min_size=1, max_size=60), st.sampled_from([50, 90, 99]))
def test_a_percentile_is_that_of_the_durations_to_five_in_a_hundred(durations: list[int], percent: int) -> None:
    counts: dict[int, int] = {}
    for each in durations:
        counts[bucket_of(each)] = counts.get(bucket_of(each), 0) + 1
    exact = sorted(durations)[-(-len(durations) * percent // 100) - 1]
    found = percentile(counts, percent)
    assert found is not None
    assert abs(found - exact) <= 0.05 * exact


def test_nothing_has_no_percentile() -> None:
    assert percentile({}, 50) is None
