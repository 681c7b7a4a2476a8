"""The commands of trainings and attendances. An attendance also changes the counts of its training, and the minutes of
the year of its social worker.
"""

from typing import Final

from services.stations.network.domain import Station
from services.stations.network.keeping import kept_at
from services.stations.trainings.domain import (
    REMINDERS,
    Attendance,
    Training,
    TrainingDue,
    attendance_id,
    attended,
    cancelled,
    counted,
    find_next_step,
    held,
    planned,
    withdrawn,
)
from services.stations.workers.domain import AT_WORK, Worker, trained
from services.stations.workers.handlers import WORKERS
from shared.contracts.stations.trainings import (
    AttendanceRecorded,
    AttendanceShape,
    AttendanceWithdrawn,
    CancelTraining,
    HoldTraining,
    PlanTraining,
    RecordAttendance,
    TrainingCancelled,
    TrainingCounted,
    TrainingHeld,
    TrainingOverdue,
    TrainingPlanned,
    TrainingShape,
    WithdrawAttendance,
)
from shared.contracts.stations.workers import WorkerTrained
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, UnitOfWork
from shared.engine.decide.external_ids import Namer, keep_name, name_load, refuse_known_name
from shared.engine.plain import Plain, check_version

TRAININGS: Final = Plain(
    Training,
    "training",
    TrainingShape,
    find_next_step,
    reminders=REMINDERS,
    keeping=kept_at(lambda one: one.station_id),
)  # fmt: skip
ATTENDANCES: Final = Plain(Attendance, "attendance", AttendanceShape, lambda _: None)


def plan_training(message: Incoming[PlanTraining], vault: Namer) -> Handling:
    """Plan a training. Answers TrainingShape. Raises the errors of `planned` and of every creation."""
    asked, actor = message.data, message.actor
    named = name_load(vault, actor.principal, TRAININGS.kind, asked.external_id)
    yield [Get(Station, asked.station_id, actor.area), *named]
    work = yield TURN
    station = work.reach(Station, asked.station_id, "station_id")
    after = planned(asked, station, work.new_id(TRAININGS.kind), work.now)
    keep_name(work, vault, TRAININGS.kind, after.id, asked.external_id)
    return TRAININGS.store(work, None, after, TrainingPlanned)


def record_attendance(message: Incoming[RecordAttendance], vault: Namer) -> Handling:
    """Record an attendance. Answers AttendanceShape. Raises the errors of `attended` and of every creation."""
    asked, actor = message.data, message.actor
    about = attendance_id(asked.training_id, asked.worker_id)
    yield [
        Get(Training, asked.training_id, actor.area),
        Get(Worker, asked.worker_id, actor.area),
        Get(Attendance, about),
        *name_load(vault, actor.principal, ATTENDANCES.kind, asked.external_id),
    ]
    work = yield TURN
    training = work.reach(Training, asked.training_id, "training_id")
    worker = work.reach(Worker, asked.worker_id, "worker_id")
    refuse_known_name(work, vault, ATTENDANCES.kind, asked.external_id)
    known = work.get(Attendance, about)
    after = attended(asked, training, worker, known)
    yield WORKERS.load_claims(worker)
    keep_name(work, vault, ATTENDANCES.kind, after.id, asked.external_id)
    _count(work, training, worker, after, 1)
    return ATTENDANCES.store(work, known, after, AttendanceRecorded)


def withdraw_attendance(message: Incoming[WithdrawAttendance]) -> Handling:
    """Withdraw an attendance. Answers AttendanceShape. Raises the errors of `withdrawn` and of every plain change."""
    asked = message.data
    work = yield [Get(Attendance, asked.id, message.actor.area)]
    if (known := work.get(Attendance, asked.id)) is not None:
        work = yield [Get(Training, known.training_id), Get(Worker, known.worker_id)]
        worker = work.get(Worker, known.worker_id)
        yield [] if worker is None else WORKERS.load_claims(worker)
    work = yield TURN
    before = work.reach(Attendance, asked.id, "id")
    check_version(before, ATTENDANCES.kind, asked.expected_version)
    after = withdrawn(asked, before)
    training = work.require(Training, before.training_id, "id")
    _count(work, training, work.require(Worker, before.worker_id, "id"), before, -1)
    return ATTENDANCES.store(work, before, after, AttendanceWithdrawn)


def _count(work: UnitOfWork, training: Training, worker: Worker, attendance: Attendance, by: int) -> None:
    """Count the attendance at its training, and its minutes in the year of a social worker who is employed."""
    TRAININGS.store(work, training, counted(training, attendance, by), TrainingCounted)
    if worker.state in AT_WORK:
        after = trained(worker, attendance.year, by * attendance.minutes, work.now)
        WORKERS.store(work, worker, after, WorkerTrained)


HANDLERS: Final[HandlerTable] = {
    PlanTraining: plan_training,
    HoldTraining: TRAININGS.change(held, TrainingHeld),
    CancelTraining: TRAININGS.change(cancelled, TrainingCancelled),
    RecordAttendance: record_attendance,
    WithdrawAttendance: withdraw_attendance,
    TrainingDue: TRAININGS.remind(TrainingOverdue),
}
