"""Bodies of indicators: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..answers.common import IndicatorKind, PeopleOfThreshold, RiskSeverity

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class ChoiceAsked(TypedDict):
    """A choice as a city defines it."""

    code: str
    zh: str
    en: str


class DefineIndicator(TypedDict):
    """Define an indicator for a province, a city or a district. Answers IndicatorShape."""

    external_id: NotRequired[str | None]
    area: str
    code: str
    zh: str
    en: str
    kind: IndicatorKind
    unit: NotRequired[str | None]
    scale: NotRequired[int]
    least: NotRequired[int]
    most: NotRequired[int]
    choices: NotRequired[list[ChoiceAsked]]
    thresholds: list[ThresholdAsked]
    theme: str
    service: str
    source: NotRequired[str | None]


class RetireIndicatorBody(TypedDict):
    """Use an indicator no longer in its area; its results stay. Answers IndicatorShape."""


class ReviseIndicatorBody(TypedDict):
    """Replace words, choices and thresholds of an indicator for results from now on. Answers IndicatorShape."""

    zh: str
    en: str
    choices: NotRequired[list[ChoiceAsked]]
    thresholds: list[ThresholdAsked]
    source: NotRequired[str | None]


class ThresholdAsked(TypedDict):
    """A threshold as a city defines it."""

    severity: RiskSeverity
    at_least: NotRequired[int | None]
    at_most: NotRequired[int | None]
    answers: NotRequired[list[str]]
    people: NotRequired[PeopleOfThreshold]
    age_from: NotRequired[int | None]
    age_to: NotRequired[int | None]
