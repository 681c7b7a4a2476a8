"""Triage: a score from 0 to 100, which decides the first priority band of a waiting need, and its parts.

The parts are kept with the need, so that anyone can see the reasons for its place.
"""

from collections.abc import Iterable
from typing import Final

from shared.contracts.need_parts import Urgency
from shared.contracts.reasons import Reason, reason

SEVERITY_POINTS: Final = 8
"""Points for each of the five grades of severity; at most 40."""

URGENCY_POINTS: Final[dict[Urgency, int]] = {"low": 0, "normal": 10, "high": 20, "urgent": 30}

GROUP_POINTS: Final = {
    "elderly_80_plus": 8,
    "living_alone": 8,
    "disabled": 8,
    "seriously_ill": 8,
    "severely_disabled": 8,
    "unable_to_care_for_self": 8,
    "dementia": 8,
    "extreme_poverty": 8,
    "children": 6,
    "left_behind": 6,
    "left_behind_children": 6,
    "left_behind_elderly": 6,
    "low_income": 6,
    "subsistence_allowance": 6,
    "elderly": 4,
}
"""Points for each group of vulnerable people; a group that is not listed counts OTHER_GROUP_POINTS."""

OTHER_GROUP_POINTS: Final = 4
MAX_GROUP_POINTS: Final = 20


def score_parts(severity: int, urgency: Urgency, groups: Iterable[str]) -> dict[str, int]:
    """Return the points of each part; `severity` is 1 to 5.

    The sum is 8 to 90: severity at most 40, urgency 30, vulnerability 20. Waiting counts at every decision, by
    `shared.contracts.priority_bands`.
    """
    # As a set, so that a group named twice gains nothing.
    vulnerable = sum(GROUP_POINTS.get(group, OTHER_GROUP_POINTS) for group in set(groups))
    return {
        "severity": SEVERITY_POINTS * severity,
        "urgency": URGENCY_POINTS[urgency],
        "vulnerability": min(vulnerable, MAX_GROUP_POINTS),
    }


def explain_parts(severity: int, urgency: Urgency, groups: Iterable[str]) -> tuple[Reason, ...]:
    """Return the reasons for the computed score: the grade, the urgency, each group, and the bound of all groups."""
    points = {group: GROUP_POINTS.get(group, OTHER_GROUP_POINTS) for group in dict.fromkeys(groups)}
    vulnerable = sum(points.values())
    capped = (reason("score_groups_bounded", points=vulnerable, most=MAX_GROUP_POINTS),)
    return (
        reason("score_severity", severity=severity, points=SEVERITY_POINTS * severity),
        reason("score_urgency", urgency=urgency, points=URGENCY_POINTS[urgency]),
        *(_explain_group(group, each) for group, each in points.items()),
        *(capped if vulnerable > MAX_GROUP_POINTS else ()),
    )


def _explain_group(group: str, points: int) -> Reason:
    if group == "living_alone":
        return reason("score_living_alone", points=points)
    return reason("score_group", group=group, points=points)
