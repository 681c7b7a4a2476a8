"""Durations and instants of the city's clock, as a person writes them."""

from datetime import UTC, datetime, timedelta

import pytest

from deploy.lianshan.clock.calendar import CITY_ZONE, describe_clock, find_next_monday, read_instant, read_span
from deploy.lianshan.clock.movement import ClockNotMovedError, Reader, check_movable
from shared.engine.decide.memory import START
from shared.runtime.clock import Clock

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "span"),
    [("3d", 3 * DAY), ("2h", 2 * HOUR), ("1d12h", 1.5 * DAY), ("90m", 1.5 * HOUR), ("1s", timedelta(seconds=1))],
)
def test_a_duration_is_read(text: str, span: timedelta) -> None:
    assert read_span(text) == span


@pytest.mark.parametrize("text", ["", "3", "d", "-3d", "3 d", "3w", "1.5d", "3d?", "9999999d"])
def test_any_other_duration_names_the_form(text: str) -> None:
    with pytest.raises(ValueError, match="like 3d, 2h or 1d12h"):
        read_span(text)


def test_an_instant_without_a_zone_is_the_citys() -> None:
    assert read_instant("2027-03-01T09:00") == datetime(2027, 3, 1, 1, 0, tzinfo=UTC)
    assert read_instant("2027-03-01T09:00:00Z") == datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
    with pytest.raises(ValueError, match="2027-03-01T09:00"):
        read_instant("tomorrow")


def test_a_story_begins_on_a_monday_at_nine_whenever_it_is_started() -> None:
    for hours in range(0, 24 * 8, 5):
        now = datetime(2026, 11, 26, 8, 16, 30, tzinfo=UTC) + hours * HOUR
        found = find_next_monday(now)
        assert now < found <= now + 7 * DAY
        assert (found.isoweekday(), found.hour, found.minute, found.second, found.tzinfo) == (1, 9, 0, 0, CITY_ZONE)


def test_from_nine_on_monday_the_next_one_is_a_week_away() -> None:
    assert find_next_monday(START) == START + 7 * DAY
    assert find_next_monday(START - timedelta(milliseconds=1)) == START


def test_a_moved_clock_is_described_with_weekday_and_offset() -> None:
    clock = Clock(movable=True, monotonic=lambda: 0.0)
    clock.observe(START, 0.0, 0.0)
    assert describe_clock(clock) == "city time is Monday, 2026-03-02 09:00:00 (Asia/Shanghai), the store's"
    clock.move(DAY)
    assert describe_clock(clock) == (
        "city time is Tuesday, 2026-03-03 09:00:00 (Asia/Shanghai), 1 day ahead of the store's"
    )
    clock.move(DAY + timedelta(hours=11, minutes=1, milliseconds=419))
    assert describe_clock(clock).endswith("1 day 11 hours 1 minute ahead of the store's")


def test_the_clock_is_moved_only_where_every_process_has_a_movable_one() -> None:
    readers = [Reader("stations", 1, timedelta(0)), Reader("charity", 2, timedelta(0))]
    check_movable(readers, {"stations": 1, "charity": 1, "gateway": 0})
    with pytest.raises(ClockNotMovedError, match="1 of 2 processes of charity keep the store's time"):
        check_movable(readers, {"stations": 1, "charity": 2})
    with pytest.raises(ClockNotMovedError, match="LIANSHAN_MOVABLE_CLOCK=true"):
        check_movable([], {})
