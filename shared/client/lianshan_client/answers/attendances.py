"""Answers of attendances: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, TrainingDimension, VisitState

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Attendance(TypedDict):
    """The attendance of one social worker at a training. `area` is that of the social worker's station then."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    training_id: str
    worker_id: str
    station_id: str
    dimension: TrainingDimension | str
    year: int
    minutes: int
    points: NotRequired[int | None]
    result: ExamResult | str
    state: VisitState | str
    reason: NotRequired[AttendanceWithdrawal | str | None]
    external_id: NotRequired[str | None]


class AttendancePage(TypedDict):
    """A page of a list, newest first."""

    items: list[Attendance]
    next: str | None


class AttendanceShape(TypedDict):
    """The attendance of one social worker at a training. `area` is that of the social worker's station then."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    training_id: str
    worker_id: str
    station_id: str
    dimension: TrainingDimension | str
    year: int
    minutes: int
    points: NotRequired[int | None]
    result: ExamResult | str
    state: VisitState | str
    reason: NotRequired[AttendanceWithdrawal | str | None]


AttendanceWithdrawal = Literal["recorded_by_mistake", "did_not_attend"] | str


ExamResult = Literal["none", "passed", "failed"] | str
