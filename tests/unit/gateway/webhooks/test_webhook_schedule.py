"""Retries: the first soon, then further and further apart, and none after three days."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.deliveries.schedule import (
    FIRST,
    MOST_HELD,
    PERIOD,
    next_attempt,
    next_probe,
    read_retry_after,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
rolls = st.lists(st.floats(0, 1, exclude_max=True), min_size=40, max_size=40)


@given(rolls)
def test_a_message_is_tried_for_three_days_in_a_bounded_number_of_attempts(given_rolls: list[float]) -> None:
    now, times = NOON, [NOON]
    for roll in given_rolls:
        following = next_attempt(NOON, now, roll)
        if following is None:
            break
        times.append(now := following)
    assert times[-1] == NOON + PERIOD
    assert 15 <= len(times) <= 30
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses[0] >= FIRST
    # Growing until the longest pause; the last one ends with the three days.
    growing = [pause for pause in pauses[:-1] if pause < timedelta(hours=12)]
    assert growing == sorted(growing)


@given(st.integers(0, 10**7), st.floats(0, 1, exclude_max=True))
def test_a_failing_endpoint_is_probed_every_quarter_of_an_hour_at_least(seconds: int, roll: float) -> None:
    now = NOON + timedelta(seconds=seconds)
    pause = next_probe(NOON, now, roll) - now
    assert FIRST <= pause <= timedelta(minutes=15)


def test_retry_after_is_understood_in_seconds_and_as_a_date() -> None:
    assert read_retry_after("120", NOON) == NOON + timedelta(seconds=120)
    assert read_retry_after("Mon, 02 Mar 2026 12:05:00 GMT", NOON) == NOON + timedelta(minutes=5)
    assert read_retry_after("Mon, 02 Mar 2026 11:00:00 GMT", NOON) == NOON
    assert read_retry_after("Mon, 02 Mar 999999999999 11:00:00 GMT", NOON) is None


@given(st.text(max_size=40) | st.none())
def test_a_webhook_waits_a_day_at_most_for_any_retry_after(header: str | None) -> None:
    found = read_retry_after(header, NOON)
    assert found is None or NOON <= found <= NOON + MOST_HELD


def test_a_pause_of_a_year_is_cut_to_a_day() -> None:
    assert read_retry_after("31536000", NOON) == NOON + MOST_HELD
    assert read_retry_after("Tue, 02 Mar 2027 12:00:00 GMT", NOON) == NOON + MOST_HELD
