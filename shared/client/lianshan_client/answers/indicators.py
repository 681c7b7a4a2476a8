"""Answers of indicators: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Choice(TypedDict):
    """One of the answers to an indicator of choices."""

    code: str
    zh: str
    en: str


class Indicator(TypedDict):
    """An indicator of an area. The narrowest area's counts there, before a wider one's and the shipped one."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    code: str
    zh: str
    en: str
    kind: IndicatorKind | str
    unit: NotRequired[str | None]
    scale: NotRequired[int]
    least: NotRequired[int]
    most: NotRequired[int]
    choices: NotRequired[list[Choice]]
    thresholds: list[Threshold]
    theme: str
    service: str
    source: NotRequired[str | None]
    state: IndicatorState | str
    external_id: NotRequired[str | None]


class IndicatorInForce(TypedDict):
    """An indicator that counts at a place. `id` and `version` are those that a result keeps."""

    code: str
    zh: str
    en: str
    kind: IndicatorKind | str
    unit: NotRequired[str | None]
    scale: NotRequired[int]
    least: NotRequired[int]
    most: NotRequired[int]
    choices: NotRequired[list[Choice]]
    thresholds: list[Threshold]
    theme: str
    service: str
    source: NotRequired[str | None]
    id: str
    version: int
    area: NotRequired[str | None]


class IndicatorPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Indicator]
    next: str | None


class IndicatorShape(TypedDict):
    """An indicator of an area. The narrowest area's counts there, before a wider one's and the shipped one."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    code: str
    zh: str
    en: str
    kind: IndicatorKind | str
    unit: NotRequired[str | None]
    scale: NotRequired[int]
    least: NotRequired[int]
    most: NotRequired[int]
    choices: NotRequired[list[Choice]]
    thresholds: list[Threshold]
    theme: str
    service: str
    source: NotRequired[str | None]
    state: IndicatorState | str


class IndicatorsInForce(TypedDict):
    """A page of the indicators that count in an area, by code."""

    items: list[IndicatorInForce]
    next: str | None


class Threshold(TypedDict):
    """The values that have one severity: numbers from `at_least` on and up to `at_most`, or one of the `answers`."""

    severity: RiskSeverity | str
    at_least: NotRequired[int | None]
    at_most: NotRequired[int | None]
    answers: NotRequired[list[str]]
    people: NotRequired[PeopleOfThreshold | str]
    age_from: NotRequired[int | None]
    age_to: NotRequired[int | None]


IndicatorKind = Literal["number", "choice", "yes_no"] | str


IndicatorState = Literal["in_force", "retired"] | str


PeopleOfThreshold = Literal["everybody", "women", "men"] | str


RiskSeverity = Literal["watch", "high", "critical"] | str
