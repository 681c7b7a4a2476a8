"""The judging of values: the gravest severity that a value has for the person who was measured."""

from typing import Any

import pytest

from services.stations.screening.domain.judging import Examined, Measured, judge
from shared.contracts import Refused
from shared.contracts.stations.indicators import IndicatorDefinition, Threshold
from shared.contracts.stations.shipped_indicators import SHIPPED_INDICATORS

WOMAN_OF_82 = Examined(sex="female", age=82)
MAN_OF_82 = Examined(sex="male", age=82)
UNKNOWN = Examined()


def severity(code: str, value: int | str, person: Examined = WOMAN_OF_82) -> str | None:
    measured = Measured(number=value) if isinstance(value, int) else Measured(answer=value)
    return judge(SHIPPED_INDICATORS[code], measured, person, "results.0")


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        ("systolic_pressure", 139, None),
        ("systolic_pressure", 140, "watch"),
        ("systolic_pressure", 160, "high"),
        ("systolic_pressure", 180, "critical"),
        ("diastolic_pressure", 110, "critical"),
        ("fasting_glucose", 60, None),
        ("fasting_glucose", 61, "watch"),
        ("fasting_glucose", 70, "high"),
        ("fasting_glucose", 167, "critical"),
        ("fasting_glucose", 40, None),
        ("fasting_glucose", 39, "critical"),
        ("falls_in_a_year", 2, "high"),
        ("lives_alone", "yes", "watch"),
        ("lives_alone", "no", None),
        ("gds_15", 12, "critical"),
    ],
)
def test_the_gravest_threshold_that_is_crossed_decides(code: str, value: int | str, expected: str | None) -> None:
    assert severity(code, value, UNKNOWN) == expected


def test_a_threshold_for_men_does_not_count_for_women() -> None:
    assert severity("grip_strength", 250, MAN_OF_82) == "watch"
    assert severity("grip_strength", 250, WOMAN_OF_82) is None
    assert severity("grip_strength", 179, WOMAN_OF_82) == "watch"


def test_a_threshold_of_an_age_counts_from_that_age_on() -> None:
    assert severity("grip_strength", 250, Examined("male", 59)) is None
    assert severity("grip_strength", 250, Examined("male", 60)) == "watch"


def test_sex_and_age_are_asked_for_only_where_the_value_depends_on_them() -> None:
    assert severity("grip_strength", 400, UNKNOWN) is None
    for person, rule in ((UNKNOWN, "threshold_asks_sex"), (Examined(sex="male"), "threshold_asks_age")):
        with pytest.raises(Refused) as refused:
            severity("grip_strength", 250, person)
        assert refused.value.rule == rule


@pytest.mark.parametrize(
    ("code", "value", "rule"),
    [
        ("systolic_pressure", 900, "number_out_of_range"),
        ("systolic_pressure", "yes", "number_of_indicator"),
        ("lives_alone", 1, "answer_of_indicator"),
        ("lives_alone", "perhaps", "answer_of_indicator"),
    ],
)
def test_a_value_that_cannot_be_measured_is_refused(code: str, value: int | str, rule: str) -> None:
    with pytest.raises(Refused) as refused:
        severity(code, value)
    assert refused.value.rule == rule


def test_a_severity_of_a_newer_release_is_passed_over() -> None:
    changes: dict[str, Any] = {"thresholds": (Threshold(severity="extreme", answers=("yes",)),)}
    newer = IndicatorDefinition.model_validate({**dict(SHIPPED_INDICATORS["lives_alone"]), **changes})
    assert judge(newer, Measured(answer="yes"), UNKNOWN, "results.0") is None
