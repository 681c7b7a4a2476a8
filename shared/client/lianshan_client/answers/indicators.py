"""Answers of indicators: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import Choice, IndicatorKind, NextStepAnswer, Threshold

if TYPE_CHECKING:
    from typing_extensions import NotRequired


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


IndicatorState = Literal["in_force", "retired"] | str
