"""Generations of a view: built beside the live one, switched at once, and dropped after a grace."""

from datetime import UTC, datetime

import pytest

from services.gateway.declaration import FEATURES
from services.gateway.following import state as rules
from services.gateway.following.holding import should_take
from services.gateway.following.state import GRACE, Lane, Partition, ViewState, partition_id
from services.gateway.projection.feature import PARTITIONS
from shared.engine.store.replicas import Share

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
NEEDS = next(feature for feature in FEATURES if feature.name == "needs")
LIVE = rules.new_state(NEEDS, feed_is_empty=True, now=NOW)


def partitions(**cursors: int) -> list[Partition]:
    lanes = {name.replace("_", "@"): cursor for name, cursor in cursors.items()}
    return [Partition(id=partition_id(number), lanes=lanes) for number in range(PARTITIONS)]


def test_a_view_of_an_empty_feed_is_read_at_once() -> None:
    assert (LIVE.live, LIVE.building) == (1, 0)


def test_a_view_that_is_new_in_a_release_is_built_before_it_is_read() -> None:
    state = rules.new_state(NEEDS, feed_is_empty=False, now=NOW)
    assert (state.live, state.building, state.building_edition) == (0, 1, NEEDS.edition)


def test_the_live_generation_is_read_while_another_is_built() -> None:
    state = rules.begin(LIVE, 1, NOW, "me")
    assert (state.live, state.building) == (1, 2)
    assert state.wanted == [Lane("needs", 1), Lane("needs", 2)]


def test_a_generation_is_switched_only_when_it_is_level_in_every_partition() -> None:
    state = rules.begin(LIVE, 1, NOW, "me")
    assert not rules.has_joined(state, partitions(needs_1=9), ["needs@1"], 9)
    assert not rules.has_joined(state, partitions(needs_1=9, needs_2=8), ["needs@1"], 9)
    level = partitions(needs_1=9, needs_2=9)
    assert rules.has_joined(state, level, ["needs@1"], 12)
    assert not rules.has_joined(state, level[1:], ["needs@1"], 12)


def test_the_first_generation_is_read_when_it_is_as_far_as_the_other_views_or_the_feed() -> None:
    state = rules.new_state(NEEDS, feed_is_empty=False, now=NOW)
    assert not rules.has_joined(state, partitions(needs_1=9, people_1=10), ["people@1"], 12)
    assert rules.has_joined(state, partitions(needs_1=10, people_1=10), ["people@1"], 12)
    assert not rules.has_joined(state, partitions(needs_1=11), [], 12)
    assert rules.has_joined(state, partitions(needs_1=12), [], 12)


def test_the_last_generation_is_kept_for_a_grace_and_then_forgotten() -> None:
    state = rules.switch(rules.begin(LIVE, 1, NOW, "me"), NOW)
    assert (state.live, state.building, state.retired, state.drop_after) == (2, 0, 1, NOW + GRACE)
    assert rules.drop_retired(state).wanted == [Lane("needs", 2)]


def test_a_number_is_never_used_again() -> None:
    again = rules.begin(rules.abandon(rules.begin(LIVE, 1, NOW, "me"), NOW), 1, NOW, "me")
    assert again.building == 3


def test_the_first_generation_cannot_be_abandoned() -> None:
    with pytest.raises(ValueError, match="first time"):
        rules.abandon(rules.new_state(NEEDS, feed_is_empty=False, now=NOW), NOW)


def test_a_replica_of_the_release_before_leaves_a_newer_definition_alone() -> None:
    state = rules.begin(LIVE, NEEDS.edition + 1, NOW, "a newer release")
    assert list(rules.lanes_of(NEEDS, state)) == [Lane("needs", 1)]


def test_a_lane_of_another_release_keeps_its_cursor() -> None:
    before = Partition(id="00", lanes={"needs@1": 5, "needs@2": 3, "teams@1": 4})
    after = rules.with_lanes(before, {"needs@1", "people@1"}, {"needs", "people"})
    assert after.lanes == {"needs@1": 5, "people@1": 0, "teams@1": 4}


@pytest.mark.parametrize(
    ("number", "holder", "lapsed", "taken"),
    [(0, "", True, True), (1, "", True, False), (1, "gone", True, True), (0, "other", False, False)],
)
def test_a_worker_takes_its_own_free_partitions_and_those_of_silent_ones(
    number: int, holder: str, lapsed: bool, taken: bool
) -> None:
    partition = Partition(id=partition_id(number), holder=holder)
    assert should_take(number, partition, Share(0, 2), lapsed=lapsed) is taken


def test_names_tell_the_generation() -> None:
    assert rules.split_name("needs@12") == ("needs", 12)
    assert rules.split_name("feed_head") is None
    assert ViewState(id="needs", live=1).wanted[0].name == "needs@1"
