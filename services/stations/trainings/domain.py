"""A training (培训) through its life: planned, held, cancelled; and the attendance of one social worker. Pure."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar, Final

from services.stations.network.domain import Station, require_open
from services.stations.workers.days import today_of
from services.stations.workers.domain import Worker, require_known
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.stations.trainings import (
    MOST_ATTENDED,
    AttendanceShape,
    CancelTraining,
    ExamResult,
    HoldTraining,
    PlanTraining,
    RecordAttendance,
    TrainingEnd,
    TrainingShape,
    WithdrawAttendance,
)
from shared.engine.plain import Aggregate
from shared.engine.reminders import Due, Reminders

FARTHEST: Final = timedelta(days=366)
"""The longest time from now to the beginning of a training, before or after it."""
ID_DIGITS: Final = 32
RECORDED_WITHIN: Final = timedelta(days=7)
"""The time after a training in which it is recorded as held, or cancelled."""


class Training(TrainingShape, Aggregate):
    """A training as it is stored."""

    collection: ClassVar[str] = "trainings"


class Attendance(AttendanceShape, Aggregate):
    """An attendance as it is stored. Its id is made of those of training and social worker: one each."""

    collection: ClassVar[str] = "attendances"


class TrainingDue(Due):
    """Nobody has recorded whether a training was held: the next level is reminded."""

    type: ClassVar[str] = "stations.training_due"


REMINDERS: Final = Reminders(TrainingDue, frozenset({"hold_training"}), escalate=timedelta(days=7))


def planned(asked: PlanTraining, station: Station, training_id: str, now: datetime) -> Training:
    """Return a new training. Raises Refused: "wrong_state" for a station that is not open, "invalid" for the time."""
    require_open(station, "station_id")
    if not now - FARTHEST <= asked.starts_at <= now + FARTHEST:
        raise Refused("invalid", "training_time_range", field="starts_at", days=FARTHEST.days)
    return Training(
        id=training_id, version=0, area=station.area, station_id=station.id, dimension=asked.dimension,
        starts_at=asked.starts_at, minutes=asked.minutes, pass_points=asked.pass_points, state="planned",
    )  # fmt: skip


def held(_: HoldTraining, before: Training, now: datetime) -> Training:
    """Return the training as held. Raises Refused: "wrong_state" unless planned, "invalid" before it is over."""
    _require_planned(before)
    if now < _end_of(before):
        raise Refused("invalid", "training_not_over", field="id", ends_at=_end_of(before).isoformat())
    return before.model_copy(update={"state": "held"})


def cancelled(asked: CancelTraining, before: Training, _: datetime) -> Training:
    """Return the training as cancelled. Raises Refused("wrong_state") unless it is planned."""
    _require_planned(before)
    return called_off(before, asked.reason)


def called_off(before: Training, reason: TrainingEnd) -> Training:
    """Return the training as cancelled for that reason."""
    return before.model_copy(update={"state": "cancelled", "reason": reason})


def attendance_id(training_id: str, worker_id: str) -> str:
    """Return the id of the one attendance of a social worker at a training, in which neither id stands."""
    return f"attendance_{sha256(f'{training_id}/{worker_id}'.encode()).hexdigest()[:ID_DIGITS]}"


def attended(asked: RecordAttendance, training: Training, worker: Worker, known: Attendance | None) -> Attendance:
    """Return the attendance; `known` is the one that was withdrawn, if any.

    Raises Refused: "wrong_state" for a training that was not held and for a person who was erased, "conflict" for one
    who is recorded already and for too many, "invalid" for minutes beyond the training, points without an exam, and one
    who was not employed on its day.
    """
    if training.state != "held":
        raise Refused("wrong_state", "training_not_held", field="training_id", state=training.state)
    require_known(worker, "worker_id")
    if known is not None and known.state == "recorded":
        raise Refused("conflict", "attended_already", field="worker_id", worker=worker.id)
    if training.attended >= MOST_ATTENDED:
        raise Refused("conflict", "training_full", field="training_id", most=MOST_ATTENDED)
    if asked.minutes > training.minutes:
        raise Refused("invalid", "beyond_training", field="minutes", minutes=training.minutes)
    day = today_of(training.starts_at)
    if day < worker.employed_on or (worker.left_on is not None and worker.left_on < day):
        raise Refused("invalid", "not_employed_then", field="worker_id", day=day.isoformat())
    return Attendance(
        id=attendance_id(training.id, worker.id), version=0 if known is None else known.version, area=worker.area,
        training_id=training.id, worker_id=worker.id, station_id=worker.station_id, dimension=training.dimension,
        year=day.year, minutes=asked.minutes, points=asked.points, result=_judge(asked.points, training),
        state="recorded",
    )  # fmt: skip


def withdrawn(asked: WithdrawAttendance, before: Attendance) -> Attendance:
    """Return the attendance as withdrawn. Raises Refused("wrong_state") where it is withdrawn already."""
    if before.state != "recorded":
        raise Refused("wrong_state", "attendance_withdrawn", field="id")
    return before.model_copy(update={"state": "withdrawn", "reason": asked.reason})


def counted(training: Training, attendance: Attendance, by: int) -> Training:
    """Return the training with one attendance more, or fewer."""
    passed = training.passed + (by if attendance.result == "passed" else 0)
    return training.model_copy(update={"attended": training.attended + by, "passed": passed})


def find_next_step(training: Training) -> NextStep | None:
    """Return the next step: to record within a week of its end that a training was held, or to cancel it."""
    if training.state != "planned":
        return None
    return NextStep(code="hold_training", due=_end_of(training) + RECORDED_WITHIN)


def _judge(points: int | None, training: Training) -> ExamResult:
    if training.pass_points is None:
        if points is not None:
            raise Refused("invalid", "training_without_exam", field="points")
        return "none"
    if points is None:
        return "none"
    return "passed" if points >= training.pass_points else "failed"


def _require_planned(training: Training) -> None:
    if training.state != "planned":
        raise Refused("wrong_state", "training_not_planned", field="id", state=training.state)


def _end_of(training: Training) -> datetime:
    return training.starts_at + timedelta(minutes=training.minutes)
