"""Cursors of the feed: they belong to one epoch, and those of release 0.2.0 to the first."""

import asyncio
from typing import Any

import pytest
from gateway_events import ProjectorInMemory, published, ready
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from services.gateway.features.feed.cursors import BEGINNING, FeedCursor, read_cursor, write_cursor
from services.gateway.features.feed.reader import Feed, FeedRow, Portion, page_body
from services.gateway.following.state import Partition, ViewState, lowest_position
from services.gateway.http.problems import Problem
from services.gateway.projection.feature import PARTITIONS
from services.gateway.projection.feed import FeedHead
from services.gateway.reading.cursors import BadCursorError

EPOCHS = st.from_regex(r"[0-9a-z]{1,40}", fullmatch=True)
POSITIONS = st.integers(0, 10**15 - 1)


@given(EPOCHS | st.just(""), POSITIONS)
def test_a_cursor_comes_back_as_it_was_given(epoch: str, position: int) -> None:
    assert read_cursor(str(write_cursor(epoch, position))) == FeedCursor(epoch, position)


@given(EPOCHS | st.just(""), POSITIONS, POSITIONS)
def test_a_cursor_in_the_swept_part_comes_back_as_one(epoch: str, position: int, swept: int) -> None:
    expected = FeedCursor(epoch, position, in_swept=position < swept)
    assert read_cursor(str(write_cursor(epoch, position, swept))) == expected


@given(POSITIONS)
def test_a_cursor_of_0_2_0_is_one_of_the_first_epoch(position: int) -> None:
    assert read_cursor(str(position)) == FeedCursor("", position)
    assert write_cursor("", position) == position, "the release before gives and takes numbers"


@pytest.mark.parametrize(
    "text",
    ["", "-1", "a-", "-", "a", "a-b", "A-1", "a-1 ", " 1", "+1", "1.0", "a-1-1", "a-\u0663", "1" * 16, "a" * 41 + "-1"],
)
def test_what_no_page_has_given_is_no_cursor(text: str) -> None:
    with pytest.raises(BadCursorError):
        read_cursor(text)


def test_the_first_event_begins_an_epoch_and_the_next_ones_keep_it() -> None:
    projector = ProjectorInMemory().project(published())
    epoch = projector.view(FeedHead, "feed").epoch
    assert read_cursor(f"{epoch}-1") == FeedCursor(epoch, 1)
    assert projector.project(ready()).view(FeedHead, "feed").epoch == epoch


def test_a_page_shows_cursors_of_the_epoch() -> None:
    page = page_body(Portion([FeedRow(7, "t", '{"id":"a"}')], 9, more=True, epoch="k3"))
    assert from_json(page) == {"items": [{"cursor": "k3-7", "event": {"id": "a"}}], "next": "k3-9", "cursor": "k3-9"}


def test_the_lists_show_as_much_as_the_slowest_of_their_partitions() -> None:
    def part(number: int, **lanes: int) -> Partition:
        return Partition(id=f"{number:02d}", lanes={"needs@2": 9, "funds@1": 9, "needs@3": 1} | lanes)

    states = [ViewState(id="needs", live=2, building=3), ViewState(id="funds", live=1), ViewState(id="new", building=1)]
    level = [part(number) for number in range(PARTITIONS - 1)]
    assert lowest_position(states, [*level, part(15, **{"funds@1": 4})]) == 4
    assert lowest_position(states, level) == 0, "a partition that is not there yet shows nothing"
    assert lowest_position([], [*level, part(15)]) == 0


class Heads:
    """The heads as reads find them: an older one first, where a failover has just been."""

    def __init__(self, *heads: dict[str, Any] | None) -> None:
        self.heads = list(heads)

    async def find_one(self, *_: object, **__: object) -> dict[str, Any] | None:
        return self.heads.pop(0) if len(self.heads) > 1 else self.heads[0]

    def with_options(self, **_: object) -> "Heads":
        return self

    def find(self, *_: object, **__: object) -> Any:
        async def nothing() -> Any:
            for none in ():
                yield none

        return nothing()


class Store(dict[str, Any]):
    def __missing__(self, _: str) -> Heads:
        return Heads(None)


def refusal(cursor: FeedCursor, *heads: dict[str, Any] | None) -> str | None:
    feed = Feed(Store(feed_head=Heads(*heads)), 1)  # type: ignore[arg-type]
    try:
        asyncio.run(feed.check(cursor))
    except Problem as problem:
        return f"{problem.status} {problem.rule} {problem.values['start']}"
    return None


OLD = {"last": 390}
NEW = {"last": 390, "epoch": "k3"}


def test_a_cursor_leads_on_in_its_epoch_up_to_the_head() -> None:
    assert refusal(FeedCursor("", 390), OLD) is None
    assert refusal(FeedCursor("k3", 390), NEW) is None
    assert refusal(BEGINNING, NEW) is None, "every event, whatever the epoch"
    assert refusal(BEGINNING, None) is None


def test_a_cursor_of_another_epoch_or_beyond_the_head_names_the_place_to_start_from() -> None:
    assert refusal(FeedCursor("", 400), OLD) == "410 cursor_beyond_feed 0"
    assert refusal(FeedCursor("k3", 391), NEW) == "410 cursor_beyond_feed k3-0"
    assert refusal(FeedCursor("", 12), NEW) == "410 cursor_of_other_epoch k3-0"
    assert refusal(FeedCursor("a1", 12), NEW) == "410 cursor_of_other_epoch k3-0"
    assert refusal(FeedCursor("a1", 12), OLD) == "410 cursor_of_other_epoch 0"
    assert refusal(FeedCursor("a1", 12), None) == "410 cursor_of_other_epoch 0"


def test_a_cursor_in_the_swept_part_leads_on_only_for_a_reader_who_began_there() -> None:
    swept = NEW | {"swept": 100}
    assert refusal(FeedCursor("k3", 99), swept) == "410 cursor_in_swept_part k3-0"
    assert refusal(FeedCursor("k3", 100), swept) is None, "every event behind it is there"
    assert refusal(FeedCursor("k3", 99, in_swept=True), swept) is None
    assert refusal(BEGINNING, swept) is None, "the last event about each subject, then every event"
    assert refusal(FeedCursor("k3", 391, in_swept=True), swept) == "410 cursor_beyond_feed k3-0"


def test_nobody_is_sent_back_because_a_read_after_a_failover_was_old() -> None:
    assert refusal(FeedCursor("k3", 395), NEW, {"last": 400, "epoch": "k3"}) is None
