"""Every event gets its place in the feed, and neither the feed nor the views hold personal data."""

import json
from datetime import datetime, timedelta

import pytest
from gateway_events import ProjectorInMemory, event_of, published, ready, whole_story
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.projection.feed import FeedHead, mark_of
from shared.contracts import CloudEvent, read_event
from shared.contracts.charity.donors import DonorRegistered

STORY = whole_story()


@given(st.permutations(STORY), st.lists(st.integers(1, 4), max_size=10))
def test_every_event_gets_the_next_cursor_without_gap_or_double(order: list[CloudEvent], cuts: list[int]) -> None:
    projector, waiting = ProjectorInMemory(), list(order)
    for cut in cuts:
        projector.project_together(waiting[:cut])
        waiting = waiting[cut:]
    projector.project(*waiting)
    feed = projector.feed()
    assert [item.cursor for item in feed] == list(range(1, len(STORY) + 1))
    assert projector.view(FeedHead, "feed").last == len(STORY)
    assert {read_event(item.event).key for item in feed} == {event.key for event in STORY}


def test_a_repeated_event_has_one_place_in_the_feed() -> None:
    projector = ProjectorInMemory().project(published(), published()).project_together([published(), ready()])
    assert [item.type for item in projector.feed()] == ["stations.need.published", "stations.need.ready"]


def test_the_feed_keeps_events_that_nobody_projects() -> None:
    unknown = CloudEvent.model_validate_json(
        json.dumps({**json.loads(published().model_dump_json()), "type": "stations.case.opened", "id": "x"})
    )
    assert ProjectorInMemory().project(unknown).feed()[0].type == "stations.case.opened"


def test_views_and_feed_hold_no_names() -> None:
    projector = ProjectorInMemory().project(
        event_of(DonorRegistered(donor_id="donor_1", area="110105"), version=1, subject="donor_1")
    )
    ((_, view),) = projector.views().items()
    assert set(view) == {"id", "seen", "area", "registered_at"}


def test_an_event_that_the_inbox_has_forgotten_keeps_its_place_in_the_feed() -> None:
    projector = ProjectorInMemory().project(published(), ready())
    projector.engine.now += timedelta(days=9)
    again = [projector.engine.incoming("event", e.data, e.type, f"again {e.key}", e) for e in (published(), ready())]
    assert [outcome.failure for outcome in projector.engine.batch(again)] == [None, None]
    assert [item.cursor for item in projector.feed()] == [1, 2]


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+12:00", "9999-12-31T23:59:59-12:00", "2030-01-01T00:00:00"])
def test_an_event_with_any_time_that_another_program_may_give_has_its_place_and_keeps_it(time: str) -> None:
    odd = published().model_copy(update={"time": datetime.fromisoformat(time)})
    assert 0 < mark_of(odd) < 2**63
    projector = ProjectorInMemory()
    for key in ("first", "again"):
        message = projector.engine.incoming("event", odd.data, odd.type, key, odd)
        (outcome,) = projector.engine.batch([message])
        assert outcome.failure is None
    # The inbox knows one that seems young.
    assert len(projector.feed()) == (1 if time < "2" else 2)
