"""A city decides whether a begun minute counts; the credit is a whole number of minutes either way."""

from datetime import UTC, datetime, timedelta

import pytest

from services.volunteering.timebank.domain.service_minutes import minutes_served
from services.volunteering.timebank.policy import TimebankPolicy

CAME = datetime(2026, 3, 2, 9, tzinfo=UTC)
DROPPED, COUNTED = TimebankPolicy(begun_minutes_count=False), TimebankPolicy()


@pytest.mark.parametrize(
    ("stayed", "dropped", "counted"),
    [
        (timedelta(), 0, 0),
        (timedelta(seconds=1), 0, 1),
        (timedelta(minutes=1), 1, 1),
        (timedelta(minutes=1, microseconds=1), 1, 2),
        (timedelta(minutes=59, seconds=59), 59, 60),
        (timedelta(hours=9), 480, 480),
        (timedelta(seconds=-30), 0, 0),
    ],
)
def test_a_begun_minute_counts_unless_the_city_drops_it(stayed: timedelta, dropped: int, counted: int) -> None:
    assert minutes_served(CAME, CAME + stayed, DROPPED) == dropped
    assert minutes_served(CAME, CAME + stayed, COUNTED) == counted
