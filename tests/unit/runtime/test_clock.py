"""City time is the store's time and an offset; no clock of a host moves it, and it never goes back."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from shared.runtime.clock import MEASURE_SECONDS, Clock
from shared.runtime.errors import ClockError

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@dataclass
class Store:
    """A store and a process whose monotonic clocks run from other starts, at the given speed of the store's."""

    now: datetime = NOON
    host: float = 5000.0
    speed: float = 1.0

    def clock(self, *, movable: bool = False) -> Clock:
        made = Clock(movable=movable, monotonic=lambda: self.host)
        self.answer(made)
        return made

    def wait(self, seconds: float) -> None:
        self.host += seconds
        self.now += timedelta(seconds=seconds * self.speed)

    def answer(self, clock: Clock, there: float = 0.0, back: float = 0.0) -> None:
        """Answer the question after so many seconds; the answer takes so many to come."""
        before = self.host
        self.wait(there)
        read = self.now.replace(microsecond=self.now.microsecond // 1000 * 1000)
        self.wait(back)
        clock.observe(read, before, self.host)


@pytest.mark.parametrize("host", [0.0, 5000.0, 9e9])
def test_time_is_the_stores_whatever_the_host_counts(host: float) -> None:
    store = Store(host=host)
    clock = store.clock()
    store.wait(90)
    assert (clock.machine(), clock.city()) == (store.now, store.now)


@pytest.mark.parametrize("ahead", [-600.0, 600.0])
def test_a_host_ten_minutes_off_moves_nothing_even_where_it_was_read_before_the_store(ahead: float) -> None:
    store = Store()
    clock = Clock(monotonic=lambda: store.host, wall=lambda: store.now.timestamp() + ahead)
    assert (clock.city() - store.now).total_seconds() == pytest.approx(ahead, abs=0.01)
    store.answer(clock)
    assert clock.city() == store.now
    store.wait(90)
    assert clock.city() == store.now


@pytest.mark.parametrize("ahead", [-600.0, 0.0, 600.0])
def test_the_skew_is_how_far_the_host_is_ahead_of_the_store(ahead: float) -> None:
    store = Store()
    clock = Clock(monotonic=lambda: store.host, wall=lambda: store.now.timestamp() + ahead)
    store.answer(clock, there=0.2, back=0.2)
    assert clock.skew == pytest.approx(ahead, abs=0.01)


@pytest.mark.parametrize(("there", "back"), [(0.0, 0.4), (0.4, 0.0), (0.2, 0.2), (0.0003, 0.0005)])
def test_time_is_never_ahead_of_the_store_and_at_most_a_round_trip_behind(there: float, back: float) -> None:
    store = Store()
    clock = Clock(monotonic=lambda: store.host)
    store.answer(clock, there, back)
    late = store.now - clock.machine()
    assert timedelta(0) <= late <= timedelta(seconds=there + back, milliseconds=2)


def test_replicas_on_hosts_with_other_clocks_agree_within_a_round_trip() -> None:
    store, times = Store(), []
    for host, back in ((0.0, 0.002), (7e8, 0.01), (123.0, 0.0)):
        store.host = host
        clock = Clock(monotonic=lambda: store.host)
        store.answer(clock, back=back)
        times.append(store.now - clock.machine())
    assert max(times) - min(times) < timedelta(milliseconds=12)


def test_a_slow_answer_does_not_spoil_a_good_one() -> None:
    store = Store()
    clock = store.clock()
    store.wait(MEASURE_SECONDS)
    store.answer(clock, back=3.0)
    assert store.now - clock.machine() < timedelta(milliseconds=10)


def test_a_host_that_counts_too_fast_is_held_to_the_store() -> None:
    store = Store(speed=1 - 0.0002)
    clock = store.clock()
    for _ in range(1000):
        store.wait(MEASURE_SECONDS)
        store.answer(clock, there=0.001, back=0.001)
        assert abs(store.now - clock.machine()) < timedelta(milliseconds=10)


def test_time_stands_while_the_stores_clock_was_set_back_and_never_goes_back() -> None:
    store = Store()
    clock = store.clock()
    assert clock.city() == NOON
    store.now -= 60 * SECOND
    store.answer(clock)
    assert clock.city() == NOON
    store.wait(59)
    assert clock.city() == NOON
    store.wait(2)
    assert clock.city() == NOON + SECOND


def test_time_follows_a_store_whose_clock_was_set_forward() -> None:
    store = Store()
    clock = store.clock()
    store.now += DAY
    store.answer(clock)
    assert clock.city() == store.now


def test_city_time_moves_forward_and_machine_time_stays() -> None:
    store = Store()
    clock = store.clock(movable=True)
    clock.move(3 * DAY)
    assert (clock.city(), clock.machine()) == (NOON + 3 * DAY, NOON)
    with pytest.raises(ClockError, match="only goes forward"):
        clock.move(2 * DAY)
    assert clock.city() == NOON + 3 * DAY


def test_a_clock_that_is_not_movable_keeps_the_stores_time() -> None:
    clock = Store().clock()
    clock.move(timedelta(0))
    with pytest.raises(ClockError, match="not movable"):
        clock.move(DAY)
    assert clock.city() == NOON


def test_it_is_to_be_measured_at_first_and_then_every_few_seconds() -> None:
    store = Store()
    assert Clock(monotonic=lambda: store.host).stale
    clock = store.clock()
    assert not clock.stale
    store.wait(MEASURE_SECONDS)
    assert clock.stale
