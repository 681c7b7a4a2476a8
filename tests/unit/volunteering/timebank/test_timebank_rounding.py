"""The minutes that count: presence within the slot and its grace, rounded as the city has it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.volunteering.timebank.domain.service_minutes import Span, minutes_served
from services.volunteering.timebank.policy import TimebankPolicy

CAME = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
SLOT = Span(CAME, CAME + 2 * HOUR)
DROPPED, COUNTED = TimebankPolicy(begun_minutes_count=False), TimebankPolicy()

AROUND = st.integers(-36 * 60, 36 * 60).map(lambda seconds: CAME + seconds * timedelta(seconds=10))
"""Instants around the slot, some of them hours before or after."""


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
    slot = Span(CAME, CAME + DAY)
    assert minutes_served(Span(CAME, CAME + stayed), slot, DROPPED) == dropped
    assert minutes_served(Span(CAME, CAME + stayed), slot, COUNTED) == counted


@pytest.mark.parametrize(
    ("came", "left", "minutes"),
    [
        (-60, 179, 130),  # an hour early, 59 minutes late: two hours, and ten minutes of grace
        (-60, -57, 0),  # gone before it began
        (-60, 0, 0),
        (-5, 5, 5),
        (0, 120, 120),
        (115, 125, 10),
        (119, 170, 11),
    ],
)
def test_nothing_counts_before_the_slot_and_nothing_beyond_its_grace(came: int, left: int, minutes: int) -> None:
    assert minutes_served(Span(CAME + came * MINUTE, CAME + left * MINUTE), SLOT, COUNTED) == minutes


@given(AROUND, AROUND, st.integers(0, 120))
def test_the_minutes_are_never_below_zero_and_never_more_than_presence_or_slot(
    came: datetime, left: datetime, grace: int
) -> None:
    minutes = minutes_served(Span(came, left), SLOT, TimebankPolicy(credit_grace_minutes=grace))
    assert 0 <= minutes <= 120 + grace
    assert minutes * MINUTE < max(left - came, timedelta()) + MINUTE


@given(st.lists(AROUND, min_size=2, max_size=8, unique=True).map(sorted))
def test_a_presence_in_pieces_earns_no_more_than_one_without_pauses(instants: list[datetime]) -> None:
    together = minutes_served(Span(instants[0], instants[-1]), SLOT, DROPPED)
    assert sum(minutes_served(Span(*pair), SLOT, DROPPED) for pair in pairwise(instants)) <= together
