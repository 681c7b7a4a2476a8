"""The feed's ids and pages."""

from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from services.gateway.features.feed.reader import FeedRow, Portion, page_body
from services.gateway.projection.feed import feed_id


@given(st.lists(st.integers(0, 10**15), min_size=2))
def test_feed_ids_sort_as_their_numbers_do(numbers: list[int]) -> None:
    assert sorted(map(feed_id, numbers)) == [feed_id(n) for n in sorted(numbers)]


def test_a_page_of_the_feed_is_json_and_says_where_to_go_on() -> None:
    items = [FeedRow(7, "t", '{"id":"a"}'), FeedRow(8, "t", '{"id":"b"}')]
    assert from_json(page_body(Portion(items, 8, more=True))) == {
        "items": [{"cursor": 7, "event": {"id": "a"}}, {"cursor": 8, "event": {"id": "b"}}],
        "next": 8,
    }
    assert from_json(page_body(Portion([], 8, more=False))) == {"items": [], "next": None}
