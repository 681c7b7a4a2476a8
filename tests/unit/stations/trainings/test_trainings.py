"""Trainings: held or cancelled in time, attended once each, with exams; and the minutes that a year needs."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from residents_in_memory import CENTRE, ELM, ResidentsInMemory, worker
from stations_in_memory import COMMUNITY, NEXT_DOOR

from services.stations.trainings.domain import Training
from services.stations.workers.days import today_of
from services.stations.workers.domain import Worker, wanted_minutes
from shared.contracts import Refused
from shared.contracts.messages import Command
from shared.contracts.stations.network import CloseStation
from shared.contracts.stations.succession import MergeStation
from shared.contracts.stations.trainings import (
    AttendanceShape,
    CancelTraining,
    HoldTraining,
    PlanTraining,
    RecordAttendance,
    TrainingOverdue,
    TrainingShape,
    WithdrawAttendance,
)
from shared.contracts.stations.workers import (
    EndEmployment,
    RegisterWorker,
    TrainingLacking,
    WorkerStepOverdue,
)
from shared.engine.decide.memory import START

DAY = timedelta(days=1)
TODAY = today_of(START)
YEAR = TODAY.year


class Trained(ResidentsInMemory):
    """Two stations of one street centre, and calls about the trainings of their social workers."""

    def plan(self, **changes: Any) -> TrainingShape:
        posted = {
            "station_id": self.station_id, "dimension": "resource_linking", "starts_at": START - DAY, "minutes": 360,
            **changes,
        }  # fmt: skip
        planned: TrainingShape = self.engine.command(PlanTraining.model_validate(posted), actor=CENTRE)
        return planned

    def hold(self, **changes: Any) -> str:
        training = self.plan(**changes).id
        self.act(HoldTraining, training, CENTRE)
        return training

    def hire(self, **changes: Any) -> str:
        posted = {
            "station_id": self.station_id, "name": "Lin Invented", "phone": "13800138002",
            "employed_on": date(YEAR - 1, 5, 4), **changes,
        }  # fmt: skip
        worker_id: str = self.engine.command(RegisterWorker.model_validate(posted), actor=CENTRE).id
        return worker_id

    def attend(self, training: str, worker_id: str, **more: Any) -> AttendanceShape:
        asked = {"training_id": training, "worker_id": worker_id, "minutes": 360, **more}
        attended: AttendanceShape = self.engine.command(RecordAttendance.model_validate(asked), actor=CENTRE)
        return attended

    def stands(self, worker_id: str) -> Worker:
        return self.engine.one(Worker, worker_id)

    def training(self, training: str) -> Training:
        return self.engine.one(Training, training)

    def to(self, day: date) -> None:
        self.engine.advance(datetime(day.year, day.month, day.day, 1, tzinfo=UTC) - self.engine.now)

    def refusal(self, command: Command) -> tuple[str, str | None]:
        with pytest.raises(Refused) as refused:
            self.engine.command(command, actor=CENTRE)
        return refused.value.rule, refused.value.field


@pytest.fixture
def town() -> Trained:
    return Trained()


def attendance(training: str, worker_id: str, **more: Any) -> RecordAttendance:
    return RecordAttendance.model_validate({"training_id": training, "worker_id": worker_id, "minutes": 360, **more})


def test_a_training_is_held_after_its_end_and_attended_once_each(town: Trained) -> None:
    lin, next_door = town.hire(), town.hire(station_id=town.next_door)
    training = town.plan(pass_points=60)
    assert (training.state, training.next_step is not None and training.next_step.code) == ("planned", "hold_training")
    assert town.refusal(attendance(training.id, lin)) == ("training_not_held", "training_id")
    assert town.act(HoldTraining, training.id, CENTRE).next_step is None
    passed = town.attend(training.id, lin, points=60)
    assert (passed.result, passed.year, passed.area, passed.dimension) == (
        "passed",
        YEAR,
        COMMUNITY,
        "resource_linking",
    )
    failed = town.attend(training.id, next_door, minutes=90, points=59)
    assert (failed.result, failed.area) == ("failed", NEXT_DOOR)
    assert (town.training(training.id).attended, town.training(training.id).passed) == (2, 1)
    assert town.refusal(attendance(training.id, lin, points=80)) == ("attended_already", "worker_id")


def test_a_withdrawn_attendance_counts_nowhere_and_may_be_recorded_again(town: Trained) -> None:
    lin, training = town.hire(), town.hold(pass_points=60)
    attended = town.attend(training, lin, points=70)
    assert town.stands(lin).trained_minutes == 360
    withdrawn = town.act(WithdrawAttendance, attended.id, CENTRE, reason="recorded_by_mistake")
    assert (withdrawn.state, town.stands(lin).trained_minutes) == ("withdrawn", 0)
    assert (town.training(training).attended, town.training(training).passed) == (0, 0)
    again = {"id": attended.id, "reason": "did_not_attend"}
    assert town.refusal(WithdrawAttendance.model_validate(again)) == ("attendance_withdrawn", "id")
    assert town.attend(training, lin, minutes=60).id == attended.id
    assert (town.training(training).attended, town.stands(lin).trained_minutes) == (1, 60)


def test_rules_of_times_minutes_and_points(town: Trained) -> None:
    lin, training = town.hire(), town.hold()
    assert town.refusal(attendance(training, lin, points=60)) == ("training_without_exam", "points")
    assert town.refusal(attendance(training, lin, minutes=361)) == ("beyond_training", "minutes")
    late = town.hire(employed_on=TODAY)
    assert town.refusal(attendance(training, late)) == ("not_employed_then", "worker_id")
    ahead = town.plan(starts_at=START + DAY).id
    assert town.refusal(HoldTraining(id=ahead)) == ("training_not_over", "id")
    with pytest.raises(Refused, match="training_time_range"):
        town.plan(starts_at=START + 400 * DAY)
    cancelled = town.act(CancelTraining, ahead, CENTRE, reason="trainer_absent")
    assert (cancelled.state, cancelled.reason, cancelled.next_step) == ("cancelled", "trainer_absent", None)
    assert town.refusal(CancelTraining(id=training, reason="too_few")) == ("training_not_planned", "id")


def test_a_training_that_nobody_records_reminds_level_by_level(town: Trained) -> None:
    town.plan(starts_at=START + DAY)
    for days in (9, 8):
        town.engine.advance(days * DAY)
    found = [event.data for event in town.engine.events if isinstance(event.data, TrainingOverdue)]
    assert [one.reminder.level for one in found if one.reminder is not None] == ["station", "street"]


def test_who_lacks_minutes_is_a_task_from_october_on_until_they_are_attended(town: Trained) -> None:
    lin = town.hire()
    assert (town.stands(lin).training, town.stands(lin).wanted_minutes) == ("open", 24 * 60)
    town.attend(town.hold(), lin)
    town.to(date(YEAR, 10, 1))
    (lacking,) = [event.data for event in town.engine.events if isinstance(event.data, TrainingLacking)]
    assert (lacking.next_step.code, lacking.next_step.args) == ("train_worker", {"minutes": 1080, "year": YEAR})
    for day in (date(YEAR, 12, 1), date(YEAR, 12, 16), date(YEAR, 12, 31)):
        town.to(day)
    found = [event.data for event in town.engine.events if isinstance(event.data, WorkerStepOverdue)]
    assert [one.reminder.level for one in found if one.reminder is not None] == ["station", "street", "district"]
    town.attend(town.hold(starts_at=town.engine.now - 3 * DAY, minutes=1200), lin, minutes=1080)
    assert (town.stands(lin).training, town.stands(lin).reminder) == ("reached", None)


def test_another_year_begins_with_no_minutes(town: Trained) -> None:
    lin = town.hire()
    town.attend(training := town.hold(minutes=1440), lin, minutes=1440)
    assert town.stands(lin).training == "reached"
    town.to(date(YEAR + 1, 1, 2))
    now = town.stands(lin)
    assert (now.trained_in, now.trained_minutes, now.training) == (YEAR + 1, 0, "open")
    wu = town.hire(name="Wu Invented")
    assert town.attend(training, wu, minutes=1440).year == YEAR
    assert town.stands(wu).trained_minutes == 0, "minutes of the former year"


@pytest.mark.parametrize(
    ("level", "employed_on", "minutes"),
    [
        ("none", date(YEAR - 3, 1, 1), 1440), ("assistant", date(YEAR, 1, 1), 1440),
        ("senior", date(YEAR - 3, 1, 1), 1800), ("social_worker", date(YEAR, 12, 31), 4),
        ("assistant", date(YEAR, 7, 2), 721),
    ],
)  # fmt: skip
def test_the_year_of_employment_needs_the_part_that_is_left(
    town: Trained, level: str, employed_on: date, minutes: int
) -> None:
    somebody = town.stands(town.hire()).model_copy(update={"level": level, "employed_on": employed_on})
    assert wanted_minutes(somebody, YEAR) == minutes


def test_who_has_left_lacks_nothing(town: Trained) -> None:
    lin = town.hire()
    town.act(EndEmployment, lin, CENTRE, reason="resigned", left_on=TODAY)
    assert town.attend(town.hold(), lin).minutes == 360
    assert town.stands(lin).training == "none"
    town.to(date(YEAR, 11, 1))
    assert not [event for event in town.engine.events if isinstance(event.data, TrainingLacking)]


def test_another_station_neither_sees_nor_counts(town: Trained) -> None:
    lin, training = town.hire(), town.hold()
    attended = town.attend(training, lin)
    neighbour = worker("account_next", NEXT_DOOR, "supervisor")
    theirs = town.hire(station_id=town.next_door)
    for asked in (
        PlanTraining(station_id=town.station_id, dimension="resource_linking", starts_at=START, minutes=60),
        HoldTraining(id=training), CancelTraining(id=training, reason="too_few"), attendance(training, theirs),
        WithdrawAttendance(id=attended.id, reason="did_not_attend"),
    ):  # fmt: skip
        with pytest.raises(Refused, match="unknown_id"):
            town.engine.command(asked, actor=neighbour)
    with pytest.raises(Refused, match="permission"):
        town.engine.command(attendance(training, lin), actor=ELM)


def test_planned_trainings_go_along_to_a_successor_and_end_with_a_closed_station(town: Trained) -> None:
    planned = town.plan(starts_at=START + 9 * DAY).id
    town.engine.command(MergeStation(id=town.station_id, into_id=town.next_door))
    town.engine.advance(DAY)
    assert (town.training(planned).station_id, town.training(planned).area) == (town.next_door, NEXT_DOOR)
    town.engine.command(CloseStation(id=town.next_door))
    town.engine.advance(DAY)
    assert (town.training(planned).state, town.training(planned).reason) == ("cancelled", "station_closed")
