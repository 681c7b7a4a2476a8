"""Each event is decoded once: as it comes into the feed, and not again for the views."""

import pytest
from gateway_events import cancelled, published, ready
from pydantic_core import to_json

from services.gateway.declaration import DECLARATION
from services.gateway.projection import feed
from services.gateway.projection.decoded import DECODED, Decoded
from services.gateway.projection.feed import FeedItem, follow
from shared.contracts.envelope import CloudEvent, read_event
from shared.engine import Fence
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.memory import MemoryEngine


def arrived(event: CloudEvent) -> FeedItem:
    """The item of an event that came as bytes, as it stands in the feed."""
    engine = MemoryEngine(DECLARATION.handlers(fence=Fence(1)))
    message = Incoming(
        realm="event", key=event.key, id=event.key, type=event.type, data=event.data, time=event.time,
        correlation="", traceparent="", event=event, raw=to_json(event),
    )  # fmt: skip
    assert all(outcome.failure is None for outcome in engine.batch([message]))
    (item,) = engine.all(FeedItem)
    return item


def test_the_views_take_the_event_that_the_feed_has_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    event = read_event(to_json(published()))
    item = arrived(event)
    monkeypatch.setattr(feed, "_read", lambda *_: pytest.fail("it is decoded again"))
    assert follow(item.cursor, item.type, item.event).event is event


def test_an_event_is_decoded_again_where_another_process_had_it_first() -> None:
    item = arrived(read_event(to_json(published())))
    kept = follow(item.cursor, item.type, item.event)
    assert DECODED.take(item.event) is None
    again = follow(item.cursor, item.type, item.event)
    assert (again.data, again.partition) == (kept.data, kept.partition)
    assert again.event is not kept.event


def test_the_oldest_events_go_where_they_are_more_than_the_limit() -> None:
    events = {to_json(event).decode(): event for event in (published(), ready(), cancelled())}
    first, second, third = events
    decoded = Decoded(most=len(second) + len(third))
    for text, event in events.items():
        decoded.keep(text, event)
        decoded.keep(text, event)  # a batch that is decided again
    assert decoded.take(first) is None
    assert [decoded.take(text) for text in (second, third)] == [events[second], events[third]]
    decoded.keep(first, events[first])
    assert decoded.take(first) == events[first]
