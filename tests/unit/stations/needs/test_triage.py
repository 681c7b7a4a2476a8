"""Triage: who goes first, and that nobody gains by tricks."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.stations.needs.domain.triage import GROUP_POINTS, score_parts
from shared.contracts.need_parts import Urgency

SEVERITY = st.integers(1, 5)
URGENCY = st.sampled_from(["low", "normal", "high", "urgent"])
GROUPS = st.lists(st.sampled_from([*GROUP_POINTS, "dock workers"]), max_size=10)


def score(*asked: Any):
    return sum(score_parts(*asked).values())


@given(SEVERITY, URGENCY, GROUPS)
def test_a_score_lies_between_0_and_100(severity: int, urgency: Urgency, groups: list[str]):
    assert 0 <= score(severity, urgency, groups) <= 100


@given(st.integers(1, 4), URGENCY, GROUPS)
def test_the_more_severe_of_two_needs_goes_first(severity: int, urgency: Urgency, groups: list[str]):
    assert score(severity + 1, urgency, groups) > score(severity, urgency, groups)


@given(SEVERITY, GROUPS)
def test_the_more_urgent_of_two_needs_goes_first(severity: int, groups: list[str]):
    scores = [score(severity, urgency, groups) for urgency in ("low", "normal", "high", "urgent")]
    assert scores == sorted(set(scores))


@given(SEVERITY, URGENCY, GROUPS)
def test_naming_a_group_twice_gains_nothing(severity: int, urgency: Urgency, groups: list[str]):
    assert score(severity, urgency, groups * 2) == score(severity, urgency, groups)


def test_an_old_person_living_alone_weighs_more_than_an_old_person():
    assert score(3, "normal", ["elderly", "living_alone"]) > score(3, "normal", ["elderly"])


def test_a_group_that_the_table_does_not_know_still_counts():
    assert score_parts(3, "normal", ["dock workers"])["vulnerability"] > 0
