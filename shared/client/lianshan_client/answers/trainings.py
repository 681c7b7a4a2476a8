"""Answers of trainings: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, Reminder, TrainingDimension

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Training(TypedDict):
    """A training of a station or a street centre. `area` is that of the station."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    dimension: TrainingDimension | str
    starts_at: str
    minutes: int
    pass_points: NotRequired[int | None]
    state: TrainingState | str
    attended: NotRequired[int]
    passed: NotRequired[int]
    reason: NotRequired[TrainingEnd | str | None]
    reminder: NotRequired[Reminder | None]
    external_id: NotRequired[str | None]


class TrainingPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Training]
    next: str | None


class TrainingShape(TypedDict):
    """A training of a station or a street centre. `area` is that of the station."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    dimension: TrainingDimension | str
    starts_at: str
    minutes: int
    pass_points: NotRequired[int | None]
    state: TrainingState | str
    attended: NotRequired[int]
    passed: NotRequired[int]
    reason: NotRequired[TrainingEnd | str | None]
    reminder: NotRequired[Reminder | None]


TrainingEnd = Literal["trainer_absent", "too_few", "postponed", "planned_by_mistake", "station_closed"] | str


TrainingState = Literal["planned", "held", "cancelled"] | str
