"""Retention of the feed: however it is swept, a platform ends with the last state of each thing, or is sent back."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.gateway.features.feed.cursors import BEGINNING, FeedCursor, Head
from services.gateway.features.feed.sweeping import Told, find_superseded, source_of
from services.gateway.settings import GatewaySettings

ABOUT = tuple((source, subject) for source in ("stations.need", "charity.link") for subject in ("need_1", "need_2"))
FEEDS = st.lists(st.tuples(st.sampled_from(ABOUT), st.integers(1, 6)), max_size=25).map(
    lambda rows: [Told(nth, about, sequence) for nth, (about, sequence) in enumerate(rows, 1)]
)
State = dict[tuple[str, str], int]


def last_states(events: Iterable[Told], known: State | None = None) -> State:
    """The highest sequence of each thing, as a platform keeps it."""
    states = dict(known or {})
    for event in events:
        states[event.about] = max(event.sequence, states.get(event.about, 0))
    return states


@dataclass
class SweptFeed:
    """A feed in memory that is swept by the rule of the service."""

    events: list[Told]
    kept: list[Told] = field(init=False)
    swept: int = 0

    def __post_init__(self) -> None:
        self.kept = list(self.events)

    @property
    def head(self) -> Head:
        return Head("e1", len(self.events), self.swept)

    def sweep(self, upto: int) -> None:
        self.swept = max(self.swept, upto)
        latest = {event.about: event for event in self.kept}
        gone = find_superseded([event for event in self.kept if event.cursor <= self.swept], latest)
        self.kept = [event for event in self.kept if event.cursor not in gone]

    def page(self, cursor: FeedCursor, limit: int) -> tuple[list[Told], FeedCursor]:
        """The next page, and the cursor that it ends with."""
        found = [event for event in self.kept if event.cursor > cursor.position][:limit]
        end = found[-1].cursor if len(found) == limit else len(self.events)
        return found, FeedCursor("e1", end, end < self.swept)


def read_on(feed: SweptFeed, cursor: FeedCursor, sweeps: Iterator[int], limit: int) -> Iterator[Told]:
    """Follow to the end, while the feed is swept between the pages; sent back, read the lists again."""
    for _ in range(100):
        if not feed.head.leads_on(cursor):
            # The lists show all up to the end.
            yield from feed.events
            return
        found, cursor = feed.page(cursor, limit)
        yield from found
        if cursor.position == len(feed.events):
            return
        feed.sweep(next(sweeps, 0))
    raise AssertionError("the pages never end")


@given(FEEDS, st.lists(st.integers(0, 25), max_size=8), st.integers(0, 25), st.integers(1, 4))
def test_a_platform_that_lists_and_then_follows_ends_with_the_last_state_of_each_thing(
    events: list[Told], sweeps: list[int], at: int, limit: int
) -> None:
    feed, bounded = SweptFeed(events), [min(sweep, len(events)) for sweep in sweeps]
    snapshot = min(at, len(events))
    listed = last_states(events[:snapshot])
    seen = list(read_on(feed, FeedCursor("e1", snapshot), iter(bounded), limit))
    assert last_states(seen, listed) == last_states(events)


@given(FEEDS, st.lists(st.integers(0, 25), min_size=1, max_size=8), st.integers(1, 4))
def test_a_platform_that_begins_with_0_ends_with_the_last_state_of_each_thing(
    events: list[Told], sweeps: list[int], limit: int
) -> None:
    feed, bounded = SweptFeed(events), [min(sweep, len(events)) for sweep in sweeps]
    feed.sweep(bounded[0])
    assert last_states(read_on(feed, BEGINNING, iter(bounded[1:]), limit)) == last_states(events)


@given(FEEDS, st.integers(1, 25))
def test_whoever_is_not_sent_back_has_missed_no_event(events: list[Told], upto: int) -> None:
    feed = SweptFeed(events)
    feed.sweep(min(upto, len(events)))
    for position in range(1, len(events) + 1):
        if feed.head.leads_on(FeedCursor("e1", position)):
            assert [event for event in feed.kept if event.cursor > position] == events[position:]


def test_an_event_that_came_out_of_order_takes_no_newer_state_away() -> None:
    about = ("stations.need", "need_1")
    events = [Told(1, about, 4), Told(2, about, 6), Told(3, about, 5)]
    assert find_superseded(events, {about: events[-1]}) == [1]


def test_each_service_has_a_last_event_of_its_own_about_a_subject() -> None:
    assert source_of("stations.need.published") != source_of("charity.link.linked")
    assert source_of("stations.need.published.v2") == source_of("stations.need.served")


@pytest.mark.parametrize(("days", "fits"), [(0, True), (90, True), (365, True), (1, False), (89, False), (-1, False)])
def test_a_feed_is_kept_for_90_days_at_least(days: int, fits: bool) -> None:
    servers = {"amqp_uri": "amqp://guest:guest@127.0.0.1//", "mongo_uri": "mongodb://127.0.0.1/", "feed_days": days}
    if fits:
        assert GatewaySettings.model_validate(servers).feed_days == days
        return
    with pytest.raises(ValidationError, match="feed_days"):
        GatewaySettings.model_validate(servers)
