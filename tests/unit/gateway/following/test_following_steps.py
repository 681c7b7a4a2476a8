"""The views follow the feed: in order, once, each partition by one worker, and the same live and rebuilt."""

from collections.abc import Sequence

import pytest
from gateway_events import ProjectorInMemory, credited, published, whole_story
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.declaration import FEATURES
from services.gateway.features.needs.view import NeedView
from services.gateway.following.memory import ViewsInMemory
from services.gateway.following.state import Lane
from services.gateway.following.step import Track, split_tracks
from services.gateway.projection.feature import PARTITIONS, partition_of
from services.gateway.projection.feed import FEED, FeedHead, FeedItem
from shared.engine import Fence
from shared.engine.decide.fence import LeaseLostError
from shared.engine.decide.memory import START

FEED_OF_STORY = ProjectorInMemory().project(*whole_story()).feed()
NEEDS = Lane("needs", 1)
AGAIN = Lane("needs", 2)


def followed(feed: Sequence[FeedItem], cuts: Sequence[int]) -> ViewsInMemory:
    """The views after the feed was followed in steps of those lengths, and the rest in one."""
    views, rest = ViewsInMemory(FEATURES, START), list(feed)
    for cut in cuts:
        views.apply(rest[:cut])
        rest = rest[cut:]
    views.apply(rest)
    return views


@given(st.lists(st.integers(0, 4), max_size=6))
def test_views_built_anew_in_other_steps_equal_the_live_ones(cuts: list[int]) -> None:
    assert followed(FEED_OF_STORY, cuts).entities == followed(FEED_OF_STORY, ()).entities


@given(st.integers(0, len(FEED_OF_STORY)))
def test_items_that_come_again_after_a_crash_change_nothing(back: int) -> None:
    views = followed(FEED_OF_STORY, ())
    before = dict(views.entities)
    views.apply(FEED_OF_STORY[back:])
    assert views.entities == before


@given(st.lists(st.integers(0, 2), min_size=PARTITIONS, max_size=PARTITIONS), st.permutations(range(3)))
def test_workers_that_share_the_partitions_build_together_what_one_builds_alone(
    holders: list[int], order: list[int]
) -> None:
    shared = ViewsInMemory(FEATURES, START)
    for holder in order:
        held = [number for number, who in enumerate(holders) if who == holder]
        ViewsInMemory(FEATURES, START, shared.entities, held).apply(FEED_OF_STORY)
    assert shared.entities == followed(FEED_OF_STORY, ()).entities


def test_a_credit_is_shown_with_its_need_although_it_is_about_an_account() -> None:
    view = ProjectorInMemory().project(published(), credited(1, 60)).view(NeedView, "need_1")
    assert [entry["cursor"] for entry in view.timeline] == [1, 2]


def test_the_partition_of_a_subject_is_the_same_in_every_release() -> None:
    assert [partition_of(key) for key in ("need_1", "donation_1", "stock")] == [8, 4, 0]


def test_a_sequencer_that_was_replaced_writes_nothing_more() -> None:
    projector = ProjectorInMemory().project(published())
    head = projector.view(FeedHead, FEED)
    projector.engine.entities[FeedHead, FEED] = head.model_copy(update={"lease": 2})
    with pytest.raises(LeaseLostError):
        projector.project(credited(1, 60))
    assert len(projector.feed()) == 1


def test_a_sequencer_without_the_lease_writes_nothing() -> None:
    with pytest.raises(LeaseLostError):
        Fence().check(0)


def test_a_generation_that_comes_level_moves_on_with_the_live_one() -> None:
    tracks = [Track(0, NEEDS, 9), Track(0, AGAIN, 4), Track(1, NEEDS, 8), Track(1, AGAIN, 8)]
    front, behind = split_tracks(tracks, {NEEDS})
    assert behind == [Track(0, AGAIN, 4)]
    assert Track(1, AGAIN, 8) in front
