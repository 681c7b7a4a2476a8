"""Keys, areas, rates, cursors, problems: the gateway's small rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from services.gateway.commands import Origin, answer_of
from services.gateway.domain.buckets import MOST_KEYS, RateLimit
from services.gateway.domain.cursors import BadCursorError, decode_cursor, encode_cursor, feed_id
from services.gateway.domain.scopes import Caller, hash_key, looks_like_key, new_key, valid_scope
from services.gateway.feed import Portion, page_body
from services.gateway.problems import Problem, document, from_refusal
from shared.contracts import Refused
from shared.contracts.refusals import STATUS

DISTRICT = Caller("key_1", frozenset({"read"}), "110102")


def test_keys_are_different_and_recognised_by_their_form() -> None:
    assert new_key() != new_key()
    assert looks_like_key(new_key())
    for text in ("", "lk_", "lk_short", "Bearer x", new_key() + "a", "lk_" + "é" * 64):
        assert not looks_like_key(text)


def test_a_stored_hash_does_not_hold_the_key() -> None:
    key = new_key(b"\1" * 32)
    assert key.removeprefix("lk_") not in hash_key(key)
    assert hash_key(key) == hash_key(key)


def test_a_key_may_what_it_was_given_and_an_admin_everything() -> None:
    assert DISTRICT.may("read")
    assert not DISTRICT.may("write")
    assert not DISTRICT.may("personal")
    assert all(Caller("k", frozenset({"admin"})).may(p) for p in ("read", "write", "personal", "admin"))


def test_a_key_reaches_its_area_and_what_lies_within() -> None:
    assert DISTRICT.reaches("110102009017")
    assert not DISTRICT.reaches("110105001001")
    assert not DISTRICT.reaches("11")
    assert not DISTRICT.reaches("")


@pytest.mark.parametrize(
    ("asked", "searched"),
    [("", "110102"), ("11", "110102"), ("110102", "110102"), ("110102009", "110102009"), ("110105", None)],
)
def test_a_search_never_leaves_the_area_of_the_key(asked: str, searched: str | None) -> None:
    assert DISTRICT.narrowed(asked) == searched


def test_a_scope_needs_known_permissions_and_an_area_code() -> None:
    assert valid_scope(frozenset({"read", "write"}), "110102")
    assert not valid_scope(frozenset(), "")
    assert not valid_scope(frozenset({"fly"}), "")
    assert not valid_scope(frozenset({"read"}), "1")
    assert not valid_scope(frozenset({"admin"}), "11")


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


def test_buckets_are_bounded_however_many_keys_there_are() -> None:
    limit = RateLimit(per_second=1, burst=1)
    for number in range(MOST_KEYS + 10):
        limit.take(str(number), 0.0)
    assert limit.take("0", 0.0) == 0


@given(st.text(alphabet="abcdefghijklmnop0123456789_:.@-", min_size=1, max_size=64))
def test_a_cursor_leads_back_to_where_the_page_ended(last_id: str) -> None:
    assert decode_cursor(encode_cursor(last_id)) == last_id


@pytest.mark.parametrize("cursor", ["", "!", "é", "a", "AAAA", "a" * 500])
def test_a_cursor_of_ones_own_making_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursorError):
        decode_cursor(cursor)


@given(st.lists(st.integers(0, 10**15), min_size=2))
def test_feed_ids_sort_as_their_numbers_do(numbers: list[int]) -> None:
    assert sorted(map(feed_id, numbers)) == [feed_id(n) for n in sorted(numbers)]


def test_a_page_of_the_feed_is_json_and_says_where_to_go_on() -> None:
    items = [{"cursor": 7, "type": "t", "event": '{"id":"a"}'}, {"cursor": 8, "type": "t", "event": '{"id":"b"}'}]
    assert from_json(page_body(Portion(items, 8, more=True))) == {
        "items": [{"cursor": 7, "event": {"id": "a"}}, {"cursor": 8, "event": {"id": "b"}}],
        "next": 8,
    }
    assert from_json(page_body(Portion([], 8, more=False))) == {"items": [], "next": None}


@pytest.mark.parametrize("code", sorted(STATUS))
def test_every_refusal_becomes_a_problem_with_its_status(code: str) -> None:
    problem = from_refusal(Refused(code, "What now.", field="due", rule="due in the future"))
    told = document(problem, "/v1/needs")
    assert told["status"] == STATUS[code]
    assert told["detail"] == "What now."
    assert told["errors"] == [{"field": "due", "rule": "due in the future", "detail": "What now."}]
    assert told["title"]
    assert told["type"].endswith(code)


def test_a_problem_that_is_about_no_field_lists_none() -> None:
    assert "errors" not in document(Problem(404, "not_found", "Nothing."), "/x")


def test_waiting_answers_say_when_to_come_again() -> None:
    assert from_refusal(Refused("unavailable", "x")).headers["Retry-After"]


def test_the_same_request_has_the_same_message_id_and_any_other_another() -> None:
    first = Origin("key_1", "POST", "/v1/needs", "abc", "c")
    again = Origin("key_1", "POST", "/v1/needs", "abc", "c2")
    others = [
        Origin("key_2", "POST", "/v1/needs", "abc", "c"),
        Origin("key_1", "POST", "/v1/stations", "abc", "c"),
        Origin("key_1", "POST", "/v1/needs", "abd", "c"),
    ]
    assert first.message_id() == again.message_id()
    assert len({first.message_id(), *(o.message_id() for o in others)}) == 4


def test_a_services_refusal_comes_out_as_it_was_said() -> None:
    with pytest.raises(Refused) as caught:
        answer_of(b'{"error":{"code":"wrong_state","detail":"Too late.","field":"state","rule":"r"}}')
    assert (caught.value.status, caught.value.detail, caught.value.field) == (409, "Too late.", "state")
    assert answer_of(b'{"ok":{"id":"x"}}') == {"id": "x"}
