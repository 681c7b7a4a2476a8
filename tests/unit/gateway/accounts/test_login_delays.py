"""Guessing a password becomes slow, and locks nobody else out."""

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.access import login_delays
from services.gateway.access.login_delays import ONE_PEER_AND_NAME, LoginDelays

HERE, THERE = "203.0.113.5", "198.51.100.7"


def guess(delays: LoginDelays, name: str, address: str, seconds: float, begin: float = 0.0) -> int:
    """The guesses that are admitted, of one who tries ten times a second."""
    return sum(delays.admit(name, address, begin + tick / 10) == 0 for tick in range(int(seconds * 10)))


def test_a_few_attempts_are_free_and_then_each_waits_twice_as_long() -> None:
    delays = LoginDelays()
    assert [delays.admit("elm", HERE, 0.0) for _ in range(4)] == [0] * 4
    assert delays.admit("elm", HERE, 0.0) == 1
    assert delays.admit("elm", HERE, 1.0) == 0
    assert delays.admit("elm", HERE, 1.0) == 2


def test_many_attempts_at_one_moment_gain_nothing() -> None:
    delays = LoginDelays()
    assert sum(delays.admit("elm", HERE, 5.0) == 0 for _ in range(1000)) == ONE_PEER_AND_NAME.free


def test_a_day_of_guesses_from_one_address_is_a_few_hundred() -> None:
    assert guess(LoginDelays(), "elm", HERE, 8_640) < 45, "in a tenth of it"


def test_a_day_of_guesses_from_many_addresses_is_bounded_by_the_name() -> None:
    delays, admitted = LoginDelays(), 0
    for tick in range(36_000):
        admitted += delays.admit("elm", f"198.51.{tick % 250}.{tick // 250}", tick / 10) == 0
    assert admitted < 100, "in an hour"


def test_guesses_of_strangers_do_not_lock_out_an_owner_who_comes_from_the_usual_address() -> None:
    delays = LoginDelays()
    assert delays.admit("elm", HERE, 0.0) == 0
    delays.succeed("elm", HERE)
    for tick in range(1000):
        delays.admit("elm", f"198.51.100.{tick % 250}", tick / 100)
    assert delays.admit("elm", "192.0.2.1", 10.0) > 0, "the name waits for new addresses"
    assert delays.admit("elm", HERE, 10.0) == 0


def test_success_begins_anew_and_a_street_centre_signs_in_behind_one_address() -> None:
    delays = LoginDelays()
    for person in range(500):
        assert delays.admit(f"worker-{person}", HERE, float(person) / 10) == 0
        delays.succeed(f"worker-{person}", HERE)
    for _ in range(20):
        assert delays.admit("elm", HERE, 60.0) == 0
        delays.succeed("elm", HERE)


def test_an_attempt_that_was_not_made_does_not_count() -> None:
    delays = LoginDelays()
    for _ in range(50):
        assert delays.admit("elm", HERE, 0.0) == 0
        delays.withdraw("elm", HERE)


def test_one_with_a_whole_network_of_addresses_is_one_peer() -> None:
    delays = LoginDelays()
    assert sum(delays.admit("elm", f"2001:db8::{n:x}", 0.0) == 0 for n in range(1, 50)) == ONE_PEER_AND_NAME.free
    assert delays.admit("elm", "2001:db8:0:1::1", 0.0) == 0


def test_counters_are_forgotten_after_an_hour_and_bounded() -> None:
    delays = LoginDelays()
    for _ in range(5):
        delays.admit("elm", HERE, 0.0)
    assert delays.admit("elm", HERE, 3602.0) == 0
    assert delays.admit("elm", HERE, 3602.0) == 0
    for person in range(login_delays.MOST_KEPT + 50):
        delays.admit(f"worker-{person}", f"10.{person >> 16}.{person >> 8 & 255}.{person & 255}", 3603.0)
    for counters in (delays._pairs, delays._names, delays._peers):
        assert len(counters._kept) == login_delays.MOST_KEPT


@given(st.lists(st.tuples(st.sampled_from(["elm", "oak"]), st.sampled_from([HERE, THERE]), st.floats(0, 30))))
def test_a_delay_that_is_named_is_enough(tries: list[tuple[str, str, float]]) -> None:
    delays, now = LoginDelays(), 0.0
    for name, address, pause in tries:
        now += pause
        wait = delays.admit(name, address, now)
        if wait > 0:
            now += wait + 1e-6
            assert delays.admit(name, address, now) == 0
