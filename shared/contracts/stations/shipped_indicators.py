"""The shipped indicators: health and home of older people. Each names the publication of its thresholds.

They open a conversation with a doctor or a social worker, and are no diagnosis. A city may define its own in their
place. A change of thresholds in a release raises the edition, so that results keep the one that judged them.
"""

from collections.abc import Mapping
from typing import Any, Final

from shared.contracts.stations.indicators import SEVERITIES, IndicatorDefinition, RiskSeverity, Threshold

SHIPPED_EDITION: Final = 1
"""The version of a shipped indicator, as its results name it."""
_DOCTOR: Final[dict[str, Any]] = {"theme": "health", "service": "medical_consultation"}
_HOME: Final[dict[str, Any]] = {"theme": "elderly_care", "service": "home_help"}
_MOOD: Final[dict[str, Any]] = {"theme": "mental_health", "service": "counselling"}


def _rising(**least: int) -> tuple[Threshold, ...]:
    """Return a threshold from each of these numbers on, by severity."""
    return tuple(Threshold(severity=each, at_least=least[each]) for each in SEVERITIES if each in least)


def _low(severity: RiskSeverity, most: int) -> Threshold:
    return Threshold(severity=severity, at_most=most)


SYSTOLIC_PRESSURE: Final = IndicatorDefinition(
    code="systolic_pressure", zh="收缩压", en="systolic blood pressure", kind="number", unit="mmHg", least=40, most=320,
    thresholds=_rising(watch=140, high=160, critical=180),
    source="中国高血压防治指南（2024年修订版）；国家基本公共卫生服务规范（第三版）", **_DOCTOR,
)  # fmt: skip
"""Grades 1, 2 and 3 of hypertension: 140, 160, 180 mmHg (Chinese Guidelines for the Management of Hypertension, 2024).

From 180 mmHg on a referral is urgent (National Norms of Basic Public Health Services, 3rd edition 2017, hypertension).
"""
DIASTOLIC_PRESSURE: Final = IndicatorDefinition(
    code="diastolic_pressure", zh="舒张压", en="diastolic blood pressure", kind="number", unit="mmHg", least=20,
    most=220, thresholds=_rising(watch=90, high=100, critical=110),
    source="中国高血压防治指南（2024年修订版）；国家基本公共卫生服务规范（第三版）", **_DOCTOR,
)  # fmt: skip
"""Grades 1, 2 and 3 of hypertension: 90, 100, 110 mmHg; from 110 mmHg on urgent. Sources as of the systolic one."""
FASTING_GLUCOSE: Final = IndicatorDefinition(
    code="fasting_glucose", zh="空腹血糖", en="fasting blood glucose", kind="number", unit="mmol/L", scale=1, least=5,
    most=600, thresholds=(*_rising(watch=61, high=70, critical=167), _low("critical", 39)),
    source="中国糖尿病防治指南；国家基本公共卫生服务规范（第三版）；WHO 1999", **_DOCTOR,
)  # fmt: skip
"""Impaired fasting glucose from 6.1 mmol/L on, diabetes from 7.0 mmol/L on (WHO 1999, which the Chinese guideline
keeps). At 16.7 mmol/L or more, or at 3.9 mmol/L or less, a referral is urgent (National Norms of Basic Public Health
Services, 3rd edition 2017, type 2 diabetes).
"""
RANDOM_GLUCOSE: Final = IndicatorDefinition(
    code="random_glucose", zh="随机血糖", en="random blood glucose", kind="number", unit="mmol/L", scale=1, least=5,
    most=600, thresholds=(*_rising(high=111, critical=167), _low("critical", 39)),
    source="中国糖尿病防治指南；国家基本公共卫生服务规范（第三版）；WHO 1999", **_DOCTOR,
)  # fmt: skip
"""Diabetes from 11.1 mmol/L on (WHO 1999); urgent as of fasting blood glucose."""
FALLS: Final = IndicatorDefinition(
    code="falls_in_a_year", zh="近一年跌倒次数", en="falls in the last year", kind="number", unit="次", most=99,
    thresholds=_rising(watch=1, high=2), theme="elderly_care", service="home_adaptation",
    source="World guidelines for falls prevention and management, Age and Ageing 51(9), 2022",
)  # fmt: skip
"""A fall in the last twelve months, and two or more of them (Montero-Odasso and others, Age and Ageing 51(9), 2022)."""
LIVES_ALONE: Final = IndicatorDefinition(
    code="lives_alone", zh="独居", en="lives alone", kind="yes_no",
    thresholds=(Threshold(severity="watch", answers=("yes",)),),
    source="关于开展特殊困难老年人探访关爱服务的指导意见（民发〔2022〕73号）", **_HOME,
)  # fmt: skip
"""Older people who live alone are visited regularly (Ministry of Civil Affairs and nine others, Minfa 2022 no. 73)."""
DEPRESSION: Final = IndicatorDefinition(
    code="gds_15", zh="老年抑郁量表（GDS-15）", en="Geriatric Depression Scale, 15 items", kind="number", unit="分",
    most=15, thresholds=_rising(watch=5, high=9, critical=12),
    source="Greenberg, The Geriatric Depression Scale (GDS), Try This 4, 2012", **_MOOD,
)  # fmt: skip
"""Points of mild, moderate and severe depression: 5, 9, 12 (Greenberg 2012, on the scale of Sheikh and Yesavage 1986).

A question about suicide is not among its 15: that is for a conversation.
"""
SELF_CARE: Final = IndicatorDefinition(
    code="self_care", zh="老年人生活自理能力评估", en="self-care ability of older people", kind="number", unit="分",
    most=24, thresholds=_rising(watch=4, high=9),
    source="国家基本公共卫生服务规范（第三版）老年人健康管理", **_HOME,
)  # fmt: skip
"""Points of light dependence from 4 on, of medium dependence from 9 on (National Norms of Basic Public Health Services,
3rd edition 2017, health management of older people, annex).
"""
GRIP_STRENGTH: Final = IndicatorDefinition(
    code="grip_strength", zh="握力", en="grip strength", kind="number", unit="kg", scale=1, most=1200,
    thresholds=(
        Threshold(severity="watch", at_most=279, people="men", age_from=60),
        Threshold(severity="watch", at_most=179, people="women", age_from=60),
    ),
    theme="rehabilitation", service="rehabilitation_session",
    source="Asian Working Group for Sarcopenia, JAMDA 21(3), 2020",
)  # fmt: skip
"""Possible sarcopenia of older people: men below 28 kg, women below 18 kg (Chen and others, JAMDA 21(3), 2020)."""

SHIPPED_INDICATORS: Final[Mapping[str, IndicatorDefinition]] = {
    each.code: each
    for each in (
        SYSTOLIC_PRESSURE,
        DIASTOLIC_PRESSURE,
        FASTING_GLUCOSE,
        RANDOM_GLUCOSE,
        FALLS,
        LIVES_ALONE,
        DEPRESSION,
        SELF_CARE,
        GRIP_STRENGTH,
    )
}
"""The indicators of a city that has defined none, by code."""
