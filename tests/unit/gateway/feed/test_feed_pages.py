"""The feed's ids and pages, and the events that a page leaves out."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from services.gateway.features.feed.cursors import BEGINNING
from services.gateway.features.feed.reader import Feed, FeedRow, Portion, list_body, page_body
from services.gateway.projection.feed import FEED, FeedHead, FeedItem, feed_id
from shared.contracts.access import Actor


@given(st.lists(st.integers(0, 10**15), min_size=2))
def test_feed_ids_sort_as_their_numbers_do(numbers: list[int]) -> None:
    assert sorted(map(feed_id, numbers)) == [feed_id(n) for n in sorted(numbers)]


def test_a_page_of_the_feed_is_json_and_says_where_to_go_on() -> None:
    items = [FeedRow(7, "t", '{"id":"a"}'), FeedRow(8, "t", '{"id":"b"}')]
    assert from_json(page_body(Portion(items, 8, more=True))) == {
        "items": [{"cursor": 7, "event": {"id": "a"}}, {"cursor": 8, "event": {"id": "b"}}],
        "next": 8,
        "cursor": 8,
    }


def test_a_page_at_the_end_of_the_feed_says_where_to_go_on_later() -> None:
    assert from_json(page_body(Portion([], 8, more=False))) == {"items": [], "next": None, "cursor": 8}
    assert from_json(page_body(Portion([], 0, more=False))) == {"items": [], "next": None, "cursor": 0}
    assert from_json(page_body(Portion([], 8, more=False, epoch="k3")))["cursor"] == "k3-8"
    assert from_json(list_body(Portion([], 8, more=False))) == {"items": [], "next": None}, "of one need"


TYPES = ["stations.need.published", "stations.breach.recorded", "stations.breach.closed", "stations.need.served"]


class Rows:
    """The feed's items as one query finds them."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows

    def find(self, *_: object) -> "Rows":
        return self

    def sort(self, *_: object) -> "Rows":
        return self

    def limit(self, most: int) -> "Rows":
        return Rows(self.rows[:most])

    def max_time_ms(self, _: int) -> "Rows":
        return self

    async def to_list(self) -> list[dict[str, Any]]:
        return self.rows

    async def find_one(self, *_: object, **__: object) -> dict[str, Any]:
        return self.rows[0]

    def with_options(self, **_: object) -> "Rows":
        return self


class Store(dict[str, Rows]):
    def __missing__(self, _: str) -> Rows:
        return Rows([{}])


def page(limit: int, *roles: str, area: str = "") -> Portion:
    rows = [{"cursor": nth, "type": of, "event": f'{{"nth":{nth}}}'} for nth, of in enumerate(TYPES, 1)]
    head = {"_id": FEED, "last": len(rows)}
    database: Any = Store({FeedItem.collection: Rows(rows), FeedHead.collection: Rows([head])})
    caller = Actor(kind="key", id="key_1", roles=roles, area=area)
    return asyncio.run(Feed(database, 1).read(BEGINNING, limit, caller))


@pytest.mark.parametrize("area", ["", "1101"])
def test_an_agency_reads_no_event_about_a_breach_and_goes_on_behind_it(area: str) -> None:
    whole = page(100, "agency", "reader", area=area)
    assert [row.cursor for row in whole.items] == [1, 4]
    part = page(3, "agency", "reader", area=area)
    assert ([row.cursor for row in part.items], part.upto, part.more) == ([1], 3, True)


def test_who_handles_breaches_reads_their_events() -> None:
    assert [row.cursor for row in page(100, "supervisor").items] == [1, 2, 3, 4]
