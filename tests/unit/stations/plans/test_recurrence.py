"""Recurrences of plans: a closed subset of RFC 5545, whose days have instants in a zone, with clock changes as well."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from services.stations.plans.domain.recurrence import parse_recurrence
from services.stations.plans.domain.schedule import find_instants
from shared.contracts import Refused

START = date(2026, 3, 2)
END = date(2026, 12, 31)


def days(text: str, anchor: date = START, last: date = END, most: int = 4) -> list[str]:
    found = list(parse_recurrence(text, "recurrence").list_days(anchor, last))
    return [f"{day:%m-%d}" for day in found[:most]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FREQ=DAILY;INTERVAL=10", ["03-02", "03-12", "03-22", "04-01"]),
        ("FREQ=WEEKLY;BYDAY=TU,FR", ["03-03", "03-06", "03-10", "03-13"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", ["03-02", "03-16", "03-30", "04-13"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", ["03-31", "05-31", "07-31", "08-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", ["03-31", "04-30", "05-31", "06-30"]),
        ("FREQ=MONTHLY;BYDAY=1MO,-1FR", ["03-02", "03-27", "04-06", "04-24"]),
        ("FREQ=DAILY;COUNT=2", ["03-02", "03-03"]),
        ("FREQ=WEEKLY;UNTIL=20260309", ["03-02", "03-09"]),
    ],
)
def test_a_rule_gives_its_days(text: str, expected: list[str]) -> None:
    assert days(text) == expected


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("FREQ=YEARLY", "recurrence_value"),
        ("INTERVAL=2", "recurrence_value"),
        ("FREQ=DAILY;BYSETPOS=1", "recurrence_part_unknown"),
        ("FREQ=DAILY;", "recurrence_part_unknown"),
        ("FREQ=DAILY;FREQ=WEEKLY", "recurrence_part_twice"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20260310", "recurrence_count_and_until"),
        ("FREQ=DAILY;COUNT=0", "recurrence_value"),
        ("FREQ=DAILY;COUNT=1001", "recurrence_value"),
        ("FREQ=DAILY;INTERVAL=100", "recurrence_value"),
        ("FREQ=DAILY;UNTIL=20260230", "recurrence_value"),
        ("FREQ=DAILY;UNTIL=20260310T000000Z", "recurrence_value"),
        ("FREQ=WEEKLY;BYDAY=XX", "recurrence_value"),
        ("FREQ=WEEKLY;BYDAY=1MO", "recurrence_part_unfit"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "recurrence_part_unfit"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "recurrence_value"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "recurrence_value"),
    ],
)
def test_all_else_is_refused_by_name(text: str, rule: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_recurrence(text, "recurrence")
    assert (refused.value.rule, refused.value.field) == (rule, "recurrence")


def test_a_rule_that_no_day_fits_ends_at_once() -> None:
    assert days("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31;COUNT=3", anchor=date(2026, 2, 1), last=date(2029, 1, 31)) == []


@given(st.dates(date(2026, 1, 1), date(2028, 12, 31)), st.times().map(lambda at: f"{at:%H:%M}"))
@examples(25)
def test_in_a_zone_without_clock_changes_the_time_is_that_of_the_wall(day: date, at: str) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    starts, ends = find_instants(day, at, 60, zone)
    assert starts.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, time.fromisoformat(at))
    assert ends - starts == timedelta(hours=1)


def test_a_time_that_the_clocks_leave_out_is_an_hour_later_on_the_wall() -> None:
    zone = ZoneInfo("Europe/Berlin")
    starts, ends = find_instants(date(2026, 3, 29), "02:30", 60, zone)
    assert starts == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert f"{starts.astimezone(zone):%H:%M}" == "03:30"
    assert ends - starts == timedelta(hours=1)


def test_a_time_that_the_clocks_have_twice_is_the_first_one() -> None:
    starts, _ = find_instants(date(2026, 10, 25), "02:30", 60, ZoneInfo("Europe/Berlin"))
    assert starts == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
