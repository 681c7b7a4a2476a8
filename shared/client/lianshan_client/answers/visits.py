"""Answers of visits: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, SupervisionTopic, SupervisionWithdrawal, VisitState

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Visit(TypedDict):
    """A visit of a street centre, or the level above it, to a station. `area` is that of the station."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    kind: VisitKind | str
    topics: list[SupervisionTopic | str]
    began_at: str
    minutes: int
    state: VisitState | str
    reason: NotRequired[SupervisionWithdrawal | str | None]
    external_id: NotRequired[str | None]


class VisitPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Visit]
    next: str | None


class VisitShape(TypedDict):
    """A visit of a street centre, or the level above it, to a station. `area` is that of the station."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    kind: VisitKind | str
    topics: list[SupervisionTopic | str]
    began_at: str
    minutes: int
    state: VisitState | str
    reason: NotRequired[SupervisionWithdrawal | str | None]


VisitKind = Literal["guidance", "support", "supervision"] | str
