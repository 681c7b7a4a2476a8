"""Keys, areas and rates: the gateway's rules of access."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.access.rate_limit import MOST_KEYS, RateLimit
from services.gateway.access.scopes import hash_key, looks_like_key, new_key, valid_scope


def test_keys_are_different_and_recognised_by_their_form() -> None:
    assert new_key() != new_key()
    assert looks_like_key(new_key())
    for text in ("", "lk_", "lk_short", "Bearer x", new_key() + "a", "lk_" + "é" * 64):
        assert not looks_like_key(text)


def test_a_stored_hash_does_not_hold_the_key() -> None:
    key = new_key(b"\1" * 32)
    assert key.removeprefix("lk_") not in hash_key(key)
    assert hash_key(key) == hash_key(key)


def test_a_scope_needs_known_roles_and_an_area_code() -> None:
    assert valid_scope(frozenset({"reader", "station_worker"}), "110102")
    assert not valid_scope(frozenset(), "")
    assert not valid_scope(frozenset({"pilot"}), "")
    assert not valid_scope(frozenset({"reader"}), "1")
    assert not valid_scope(frozenset({"administrator"}), "11")


def test_nobody_gets_a_key_in_the_name_of_the_platform_itself() -> None:
    assert not valid_scope(frozenset({"system"}), "")


def test_a_burst_passes_then_requests_wait_for_their_turn() -> None:
    limit = RateLimit(per_second=10, burst=3)
    assert [limit.take("a", 0.0) for _ in range(3)] == [0, 0, 0]
    assert limit.take("a", 0.0) == pytest.approx(0.1)
    assert limit.take("b", 0.0) == 0
    assert limit.take("a", 0.1) == 0


@given(st.lists(st.floats(0, 0.3), max_size=200))
def test_no_more_pass_than_the_burst_and_the_rate(pauses: list[float]) -> None:
    limit, now, passed = RateLimit(per_second=5, burst=4), 0.0, 0
    for pause in pauses:
        now += pause
        passed += limit.take("a", now) == 0
    assert passed <= 4 + 5 * now + 1e-6


def test_a_key_has_a_rate_of_its_own_within_the_gateways() -> None:
    limit = RateLimit(per_second=10, burst=3)
    assert [limit.take("a", 0.0, 1) for _ in range(3)] == [0, 0, 0]
    assert limit.take("a", 0.0, 1) == pytest.approx(1)
    for _ in range(3):
        limit.take("b", 0.0, 1_000)
    assert limit.take("b", 0.0, 1_000) == pytest.approx(0.1)
    slow = RateLimit(per_second=1000, burst=4000)
    assert sum(slow.take("c", 0.0, 2) == 0 for _ in range(100)) == 8


def test_buckets_are_bounded_however_many_keys_there_are() -> None:
    limit = RateLimit(per_second=1, burst=1)
    for number in range(MOST_KEYS + 10):
        limit.take(str(number), 0.0)
    assert limit.take("0", 0.0) == 0
