"""A social worker (社工) through employment, leave and the registration of the licence. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Final

from services.stations.network.domain import Station, require_open
from services.stations.workers.days import (
    ENDING,
    LACKING_FROM,
    TRAINED_BY,
    end_of,
    require_past,
    require_registrable,
    today_of,
    training_of,
)
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.stations.trainings import YEARLY_MINUTES
from shared.contracts.stations.workers import (
    BeginLeave,
    EmployAgain,
    EndEmployment,
    EndLeave,
    LicenceState,
    RegisterWorker,
    WorkerShape,
    WorkerState,
)
from shared.engine import Entity
from shared.engine.plain import Aggregate, Exclusive
from shared.engine.reminders import Due, Reminders
from shared.people import Purpose

PROFILE: Final = "profile"
SEALED: Final[dict[str, Purpose]] = {PROFILE: "person"}
"""The sealed field of a record, with the purpose of the key that seals it."""
RENEWED_BEFORE: Final = timedelta(days=30)
"""How long before its end a registration should be renewed; from then on people are reminded."""
ASSIGNED_WITHIN: Final = timedelta(days=30)
"""The time for another station after the own one was closed."""
LONGEST_LEAVE: Final = timedelta(days=366)
KEPT_AFTER_LEAVING: Final = timedelta(days=2 * 366)
"""The data of those who have left is kept as long as their contracts (Labour Contract Law (劳动合同法), art. 50), and
no longer (Personal Information Protection Law, art. 19).
"""
AT_WORK: Final[tuple[WorkerState, ...]] = ("employed", "on_leave")
"""The states of those whose employment goes on."""
TRANSITIONS: Final[Mapping[str, frozenset[WorkerState]]] = {
    "employed": frozenset({"on_leave", "left"}),
    "on_leave": frozenset({"on_leave", "employed", "left"}),
    "left": frozenset({"employed"}),
    "erased": frozenset(),
}
"""The states that a social worker may have after each."""


class Worker(WorkerShape, Aggregate):
    """A social worker as others see one, and the mark of the certificate, which one alone holds."""

    collection: ClassVar[str] = "workers"
    certificate_mark: str = ""


class WorkerRecord(Entity):
    """The personal data of a social worker, sealed in one piece by the person's own key; it has the worker's id.

    `marks` are those by which the person is found, within `area`: that of the station.
    """

    collection: ClassVar[str] = "worker_records"

    area: str
    profile: str
    marks: tuple[str, ...] = ()


class LicenceDue(Due):
    """A licence or the training of the year changes its state."""

    type: ClassVar[str] = "stations.worker_licence_due"


class RetentionDue(Due):
    """The time for which the data of a social worker who has left is kept is over."""

    type: ClassVar[str] = "stations.worker_retention_due"


class WorkerStepDue(Due):
    """A renewal or a return from leave is overdue: the next level is reminded."""

    type: ClassVar[str] = "stations.worker_step_due"


STEPS: Final = frozenset({"renew_licence", "end_leave", "assign_station", "train_worker"})
REMINDERS: Final = Reminders(WorkerStepDue, STEPS, timedelta(days=15), above=frozenset({"assign_station"}))
"""The station is reminded at once, its street centre 15 days later; of a closed station the centre at once."""


def registered(asked: RegisterWorker, station: Station, worker_id: str, mark: str, now: datetime) -> Worker:
    """Return a new social worker of the station; `mark` is that of the certificate.

    Raises Refused: "wrong_state" for a station that is not open, "invalid" for a first day to come, and for a last day
    of the registration that is too far ahead.
    """
    require_open(station, "station_id")
    require_past(asked.employed_on, now, "employed_on")
    require_registrable(asked.registered_until, now)
    worker = Worker(
        id=worker_id, version=0, area=station.area, station_id=station.id, state="employed", level=asked.level,
        licence="none", registered_until=asked.registered_until, employed_on=asked.employed_on, certificate_mark=mark,
    )  # fmt: skip
    return brought_up(worker, now)


def leave_begun(asked: BeginLeave, before: Worker, now: datetime) -> Worker:
    """Return the worker as on leave. Raises Refused: "wrong_state" as TRANSITIONS says, "invalid" for the day."""
    require_transition(before, "on_leave")
    today = today_of(now)
    if not today <= asked.until <= today + LONGEST_LEAVE:
        latest = (today + LONGEST_LEAVE).isoformat()
        raise Refused("invalid", "day_range", field="until", today=today.isoformat(), latest=latest)
    if asked.until == before.leave_until:
        return before
    return before.model_copy(update={"state": "on_leave", "leave_until": asked.until})


def leave_ended(_: EndLeave, before: Worker, __: datetime) -> Worker:
    """Return the worker as back from leave. Raises Refused("wrong_state") for one who is not on leave."""
    if before.state != "on_leave":
        _refuse_state(before)
    return before.model_copy(update={"state": "employed", "leave_until": None})


def left(asked: EndEmployment, before: Worker, now: datetime) -> Worker:
    """Return the worker as one who has left.

    Raises Refused: "wrong_state" as TRANSITIONS says, "invalid" for a day to come, or before the first one.
    """
    require_transition(before, "left")
    require_past(asked.left_on, now, "left_on")
    if asked.left_on < before.employed_on:
        raise Refused("invalid", "left_before_employed", field="left_on", day=before.employed_on.isoformat())
    gone = {"left_on": asked.left_on, "leave_until": None, "assign_by": None, "training": "none"}
    return before.model_copy(update={"state": "left", "reason": asked.reason, **gone})


def employed_again(asked: EmployAgain, before: Worker, station: Station, now: datetime) -> Worker:
    """Return the worker as employed again there. Raises Refused: "wrong_state" for one who has not left, and for a
    station that is not open; "invalid" for the day.
    """
    if before.state != "left":
        _refuse_state(before)
    require_open(station, "id" if asked.station_id is None else "station_id")
    require_past(asked.employed_on, now, "employed_on")
    if before.left_on is not None and asked.employed_on < before.left_on:
        raise Refused("invalid", "employed_before_left", field="employed_on", day=before.left_on.isoformat())
    update = {"state": "employed", "reason": None, "left_on": None, "employed_on": asked.employed_on}
    return brought_up(moved(before.model_copy(update=update), station), now)


def transferred(before: Worker, station: Station) -> Worker:
    """Return the worker at the other station; itself where that is the own one.

    Raises Refused("wrong_state") for one who is not employed, and for a station that is not open.
    """
    require_at_work(before)
    require_open(station, "station_id")
    return before if before.station_id == station.id else moved(before, station)


def moved(before: Worker, station: Station) -> Worker:
    """Return the worker at the other station."""
    return before.model_copy(update={"station_id": station.id, "area": station.area, "assign_by": None})


def without_station(before: Worker, now: datetime) -> Worker:
    """Return the worker as one who needs another station, since the own one was closed."""
    return before.model_copy(update={"assign_by": now + ASSIGNED_WITHIN})


def brought_up(worker: Worker, now: datetime) -> Worker:
    """Return the worker with licence and year of training as they are at `now`; itself where both are the same."""
    today = today_of(now)
    minutes = worker.trained_minutes if worker.trained_in == today.year else 0
    wanted = wanted_minutes(worker, today.year)
    update = {
        "licence": _licence_at(worker, now), "trained_in": today.year, "trained_minutes": minutes,
        "wanted_minutes": wanted, "training": training_of(minutes, wanted, today),
    }  # fmt: skip
    same = all(getattr(worker, name) == value for name, value in update.items())
    return worker if same else worker.model_copy(update=update)


def trained(worker: Worker, year: int, minutes: int, now: datetime) -> Worker:
    """Return the worker with so many minutes more in that year, or fewer; those of another year are not counted."""
    current = brought_up(worker, now)
    if year != current.trained_in:
        return current
    counted = current.model_copy(update={"trained_minutes": max(0, current.trained_minutes + minutes)})
    return brought_up(counted, now)


def wanted_minutes(worker: Worker, year: int) -> int:
    """Return the minutes that the year needs: of the year in which the employment began, the part from that day on."""
    days = (date(year, 12, 31) - max(worker.employed_on, date(year, 1, 1))).days + 1
    return YEARLY_MINUTES.get(worker.level, YEARLY_MINUTES["none"]) * max(0, min(days, 365)) // 365


def erased(before: Worker) -> Worker:
    """Return the worker as one whose personal data is being erased; itself where that is known already."""
    if before.state == "erased":
        return before
    return before.model_copy(update={"state": "erased", "certificate_mark": ""})


def find_next_step(worker: Worker) -> NextStep | None:
    """Return the earliest next step: another station, the return from leave, the renewal, the training of the year."""
    steps = []
    if worker.state in AT_WORK and worker.assign_by is not None:
        steps.append(NextStep(code="assign_station", due=worker.assign_by))
    if worker.state == "on_leave" and worker.leave_until is not None:
        day = worker.leave_until
        steps.append(NextStep(code="end_leave", args={"until": day.isoformat()}, due=end_of(day)))
    until = worker.registered_until
    if worker.state in AT_WORK and worker.licence in {"ending", "expired"} and until is not None:
        due = end_of(until) - RENEWED_BEFORE
        steps.append(NextStep(code="renew_licence", args={"until": until.isoformat()}, due=due))
    if worker.state in AT_WORK and worker.training == "lacking" and worker.trained_in is not None:
        lacking = worker.wanted_minutes - worker.trained_minutes
        due = end_of(date(worker.trained_in, *TRAINED_BY))
        steps.append(NextStep(code="train_worker", args={"minutes": lacking, "year": worker.trained_in}, due=due))
    return min(steps, key=lambda step: step.due or datetime.max.replace(tzinfo=UTC), default=None)


def find_deadline(worker: Worker) -> tuple[datetime, Due] | None:
    """Return the instant at which licence or training change next, or at which the data is kept no longer."""
    if worker.state == "left" and worker.left_on is not None:
        return end_of(worker.left_on) + KEPT_AFTER_LEAVING, RetentionDue(id=worker.id)
    if worker.state not in AT_WORK:
        return None
    instants = [*_licence_changes(worker), *_training_changes(worker)]
    return (min(instants), LicenceDue(id=worker.id)) if instants else None


def _licence_changes(worker: Worker) -> Iterator[datetime]:
    """Yield the instant at which the licence changes its state next, if any."""
    if worker.registered_until is not None and worker.licence in {"in_force", "ending"}:
        end = end_of(worker.registered_until)
        yield end - ENDING if worker.licence == "in_force" else end


def _training_changes(worker: Worker) -> Iterator[datetime]:
    """Yield the instant from which minutes are lacking, or at which the next year begins."""
    if worker.trained_in is not None:
        first = date(worker.trained_in, *LACKING_FROM) - timedelta(days=1)
        yield end_of(first if worker.training == "open" else date(worker.trained_in, 12, 31))


def list_exclusive(worker: Worker) -> Sequence[Exclusive]:
    """Return the mark of the certificate, which belongs to one social worker as long as the employment goes on."""
    if worker.state not in AT_WORK or not worker.certificate_mark:
        return ()
    return (Exclusive(worker.certificate_mark, "certificate_number"),)


def require_known(worker: Worker, field: str = "id") -> None:
    """Raise Refused("wrong_state") for an id whose personal data was erased."""
    if worker.state == "erased":
        raise Refused("wrong_state", "person_erased", field=field, id=worker.id)


def require_at_work(worker: Worker, field: str = "id") -> None:
    """Raise Refused("wrong_state") for one who has left, and as `require_known` does."""
    require_known(worker, field)
    if worker.state not in AT_WORK:
        _refuse_state(worker, field)


def require_transition(worker: Worker, wanted: WorkerState) -> None:
    """Raise Refused("wrong_state") unless TRANSITIONS lets the worker be in the wanted state."""
    require_known(worker)
    if wanted not in TRANSITIONS.get(worker.state, ()):
        _refuse_state(worker)


def _licence_at(worker: Worker, now: datetime) -> LicenceState:
    if worker.level == "none" or worker.registered_until is None:
        return "none"
    end = end_of(worker.registered_until)
    if now >= end:
        return "expired"
    return "ending" if now >= end - ENDING else "in_force"


def _refuse_state(worker: Worker, field: str = "id") -> None:
    require_known(worker, field)
    raise Refused("wrong_state", "worker_in_state", field=field, id=worker.id, state=worker.state)
