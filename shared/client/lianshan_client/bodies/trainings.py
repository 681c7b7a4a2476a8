"""Bodies of trainings: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..answers.common import TrainingDimension

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class CancelTrainingBody(TypedDict):
    """Cancel a planned training. Answers TrainingShape."""

    reason: TrainingCancellation


class HoldTrainingBody(TypedDict):
    """Record that a training was held. Answers TrainingShape."""


class PlanTraining(TypedDict):
    """Plan a training of a station or a street centre. Answers TrainingShape."""

    external_id: NotRequired[str | None]
    station_id: str
    dimension: TrainingDimension
    starts_at: str
    minutes: int
    pass_points: NotRequired[int | None]


TrainingCancellation = Literal["trainer_absent", "too_few", "postponed", "planned_by_mistake"]
