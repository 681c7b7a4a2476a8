"""Trainings (培训) of social workers, their attendance and exams, in the six dimensions of the empowerment (六维赋能).

Continuing education (社会工作者继续教育办法, 民发〔2009〕123号, art. 7) asks for 72 hours in the three years of a
registration of assistants, and 90 of the other levels. A year's share is a rule of this platform.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.messages import OPEN, EventData, Id, Instant, Scope, command, event
from shared.contracts.plain import Action, Creation, Reminder, Shape
from shared.contracts.stations.workers import MANAGE

Dimension = Literal[
    "station_practice", "casework_methods", "project_management", "resident_mobilisation", "resource_linking",
    "culture_building",
]  # fmt: skip
"""社工站实务, 个案小组社区方法, 项目策划与管理, 居民动员, 资源链接, 特色文化营造."""
TrainingState = Literal["planned", "held", "cancelled"]
CancelledFor = Literal["trainer_absent", "too_few", "postponed", "planned_by_mistake"]
"""讲师缺席, 人数不足, 延期另办, 误登记."""
TrainingEnd = Literal[CancelledFor, "station_closed"]
"""Why a training was cancelled: by somebody, or with its station."""
ExamResult = Literal["none", "passed", "failed"]
AttendanceState = Literal["recorded", "withdrawn"]
WithdrawnFor = Literal["recorded_by_mistake", "did_not_attend"]
MOST_MINUTES: Final = 4_800
"""Of one training: ten days of eight hours."""
MOST_POINTS: Final = 100
MOST_ATTENDED: Final = 1_000
"""Social workers who attend one training."""


class TrainingShape(Shape):
    """A training of a station or a street centre. `area` is that of the station."""

    station_id: Id = Field(description="The station or street centre that holds it.")
    dimension: Annotated[Dimension, OPEN] = Field(description="The dimension of the training.")
    starts_at: Instant = Field(description="When the training begins.")
    minutes: int = Field(description="The length of the training.")
    pass_points: int | None = Field(default=None, description="The points that pass the exam; null without an exam.")
    state: Annotated[TrainingState, OPEN]
    attended: int = Field(default=0, description="The social workers who attended.")
    passed: int = Field(default=0, description="The social workers who passed the exam.")
    reason: Annotated[TrainingEnd, OPEN] | None = Field(default=None, description="Why it was cancelled.")
    reminder: Reminder | None = None


class AttendanceShape(Shape):
    """The attendance of one social worker at a training. `area` is that of the social worker's station then."""

    training_id: Id
    worker_id: Id = Field(description="The social worker who attended.")
    station_id: Id = Field(description="The station of the social worker.")
    dimension: Annotated[Dimension, OPEN] = Field(description="The dimension of the training.")
    year: int = Field(description="The year in which the training was held.")
    minutes: int = Field(description="The minutes attended.")
    points: int | None = Field(default=None, description="The points of the exam.")
    result: Annotated[ExamResult, OPEN] = Field(description="The result of the exam.")
    state: Annotated[AttendanceState, OPEN]
    reason: Annotated[WithdrawnFor, OPEN] | None = Field(default=None, description="Why it was withdrawn.")


@event
class TrainingPlanned(TrainingShape, EventData):
    """A training was planned."""

    type: ClassVar[str] = "stations.training.planned"


@event
class TrainingHeld(TrainingShape, EventData):
    """A training was held; attendance may be recorded."""

    type: ClassVar[str] = "stations.training.held"


@event
class TrainingCancelled(TrainingShape, EventData):
    """A training was cancelled."""

    type: ClassVar[str] = "stations.training.cancelled"


@event
class TrainingCounted(TrainingShape, EventData):
    """One more social worker attended the training, or one fewer."""

    type: ClassVar[str] = "stations.training.counted"


@event
class TrainingHandedOver(TrainingShape, EventData):
    """The station of a planned training has moved, or was merged: its successor holds it."""

    type: ClassVar[str] = "stations.training.handed_over"


@event
class TrainingOverdue(TrainingShape, EventData):
    """Nobody has recorded whether a training was held, and the next level is reminded."""

    type: ClassVar[str] = "stations.training.overdue"


@event
class AttendanceRecorded(AttendanceShape, EventData):
    """A social worker attended a training."""

    type: ClassVar[str] = "stations.attendance.recorded"


@event
class AttendanceWithdrawn(AttendanceShape, EventData):
    """The record of an attendance was withdrawn."""

    type: ClassVar[str] = "stations.attendance.withdrawn"


@command
class PlanTraining(Creation):
    """Plan a training of a station or a street centre. Answers TrainingShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "PlanTraining"
    permission: ClassVar[Permission] = MANAGE
    scope: ClassVar[Scope] = Scope(found=("station_id",))
    station_id: Id = Field(description="The station or street centre that holds it.")
    dimension: Dimension = Field(description="The dimension of the training.")
    starts_at: Instant = Field(description="When it begins: at most a year ago, or a year ahead.")
    minutes: int = Field(ge=15, le=MOST_MINUTES, description="The length of the training.")
    pass_points: int | None = Field(
        default=None, ge=1, le=MOST_POINTS, description="The points that pass the exam; null without an exam."
    )


@command
class HoldTraining(Action):
    """Record that a training was held. Answers TrainingShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "HoldTraining"
    permission: ClassVar[Permission] = MANAGE


@command
class CancelTraining(Action):
    """Cancel a planned training. Answers TrainingShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "CancelTraining"
    permission: ClassVar[Permission] = MANAGE
    reason_field: ClassVar[str] = "reason"
    reason: CancelledFor


@command
class RecordAttendance(Creation):
    """Record that a social worker attended a training that was held, once each. Answers AttendanceShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RecordAttendance"
    permission: ClassVar[Permission] = MANAGE
    scope: ClassVar[Scope] = Scope(found=("training_id", "worker_id"))
    training_id: Id
    worker_id: Id = Field(description="The social worker who attended.")
    minutes: int = Field(ge=1, le=MOST_MINUTES, description="The minutes attended: at most those of the training.")
    points: int | None = Field(default=None, ge=0, le=MOST_POINTS, description="The points of the exam.")


@command
class WithdrawAttendance(Action):
    """Withdraw the record of an attendance: its minutes count no more. Answers AttendanceShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "WithdrawAttendance"
    permission: ClassVar[Permission] = MANAGE
    reason_field: ClassVar[str] = "reason"
    reason: WithdrawnFor


YEARLY_MINUTES: Final[Mapping[str, int]] = {
    "none": 24 * 60, "assistant": 24 * 60, "social_worker": 30 * 60, "senior": 30 * 60,
}  # fmt: skip
"""The minutes of training that a year needs, by the level of the licence: a third of those of a registration, so that
nobody finds out in its last year. For those without a licence, of whom the rule asks nothing, as for assistants.
"""
