"""Triage: who goes first, and that nobody gains by tricks."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.stations.needs.domain.triage import GROUP_POINTS, score_parts
from shared.contracts.need_parts import Urgency

SEVERITY = st.integers(1, 5)
URGENCY = st.sampled_from(["low", "normal", "high", "urgent"])
GROUPS = st.lists(st.sampled_from([*GROUP_POINTS, "dock workers"]), max_size=10)
DAYS = st.integers(0, 60).map(lambda days: timedelta(days=days))


def score(*asked: Any):
    return sum(score_parts(*asked).values())


@given(SEVERITY, URGENCY, GROUPS, DAYS)
def test_a_score_lies_between_0_and_100(severity: int, urgency: Urgency, groups: list[str], waited: timedelta):
    assert 0 <= score(severity, urgency, groups, waited) <= 100


@given(st.integers(1, 4), URGENCY, GROUPS, DAYS)
def test_the_more_severe_of_two_needs_goes_first(severity: int, urgency: Urgency, groups: list[str], waited: timedelta):
    assert score(severity + 1, urgency, groups, waited) > score(severity, urgency, groups, waited)


@given(SEVERITY, GROUPS, DAYS)
def test_the_more_urgent_of_two_needs_goes_first(severity: int, groups: list[str], waited: timedelta):
    scores = [score(severity, urgency, groups, waited) for urgency in ("low", "normal", "high", "urgent")]
    assert scores == sorted(set(scores))


@given(SEVERITY, URGENCY, GROUPS, DAYS)
def test_naming_a_group_twice_gains_nothing(severity: int, urgency: Urgency, groups: list[str], waited: timedelta):
    assert score(severity, urgency, groups * 2, waited) == score(severity, urgency, groups, waited)


def test_an_old_person_living_alone_weighs_more_than_an_old_person():
    assert score(3, "normal", ["elderly", "living_alone"]) > score(3, "normal", ["elderly"])


def test_a_group_that_the_table_does_not_know_still_counts():
    assert score_parts(3, "normal", ["dock workers"])["vulnerability"] > 0
