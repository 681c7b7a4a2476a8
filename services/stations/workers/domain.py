"""A social worker (社工) through employment, leave and the registration of the licence. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from services.stations.network.domain import Station, require_open
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
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
LEGAL_ZONE: Final = ZoneInfo("Asia/Shanghai")
"""The days of a licence and of an employment are those of China's one legal time."""
ENDING: Final = timedelta(days=90)
"""Renewal is accepted in the last three months of a registration (民发〔2009〕44号)."""
RENEWED_BEFORE: Final = timedelta(days=30)
"""How long before its end a registration should be renewed; from then on people are reminded."""
LONGEST_REGISTRATION: Final = timedelta(days=3 * 366) + ENDING
"""A renewal in the last three months adds three years to the former ones (民发〔2009〕44号)."""
LONGEST_LEAVE: Final = timedelta(days=366)
KEPT_AFTER_LEAVING: Final = timedelta(days=2 * 366)
"""The data of those who have left is kept as long as their contracts (Labour Contract Law (劳动合同法), art. 50), and
no longer (Personal Information Protection Law, art. 19).
"""
EARLIEST: Final = date(1949, 10, 1)
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
    """The registration of a licence ends within 90 days, or is over."""

    type: ClassVar[str] = "stations.worker_licence_due"


class RetentionDue(Due):
    """The time for which the data of a social worker who has left is kept is over."""

    type: ClassVar[str] = "stations.worker_retention_due"


class WorkerStepDue(Due):
    """A renewal or a return from leave is overdue: the next level is reminded."""

    type: ClassVar[str] = "stations.worker_step_due"


REMINDERS: Final = Reminders(
    WorkerStepDue, frozenset({"renew_licence", "end_leave"}), escalate=timedelta(days=15)
)  # fmt: skip
"""The station is reminded 30 days before the end of a registration, the street centre 15 days before it."""


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
    return licensed_at(worker, now)


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
    update = {"state": "left", "reason": asked.reason, "left_on": asked.left_on, "leave_until": None}
    return before.model_copy(update=update)


def employed_again(asked: EmployAgain, before: Worker, station: Station, now: datetime) -> Worker:
    """Return the worker as employed again. Raises Refused: "wrong_state" for one who has not left, and for a station
    that is not open; "invalid" for the day.
    """
    if before.state != "left":
        _refuse_state(before)
    require_open(station, "id")
    require_past(asked.employed_on, now, "employed_on")
    if before.left_on is not None and asked.employed_on < before.left_on:
        raise Refused("invalid", "employed_before_left", field="employed_on", day=before.left_on.isoformat())
    update = {"state": "employed", "reason": None, "left_on": None, "employed_on": asked.employed_on}
    return licensed_at(before.model_copy(update=update), now)


def transferred(before: Worker, station: Station) -> Worker:
    """Return the worker at the other station; itself where that is the own one.

    Raises Refused("wrong_state") for one who is not employed, and for a station that is not open.
    """
    require_at_work(before)
    require_open(station, "station_id")
    return before if before.station_id == station.id else moved(before, station)


def moved(before: Worker, station: Station) -> Worker:
    """Return the worker at the other station."""
    return before.model_copy(update={"station_id": station.id, "area": station.area})


def licensed_at(worker: Worker, now: datetime) -> Worker:
    """Return the worker with the state of the licence as it is at `now`; itself where that is the same."""
    state = _licence_at(worker, now)
    return worker if state == worker.licence else worker.model_copy(update={"licence": state})


def erased(before: Worker) -> Worker:
    """Return the worker as one whose personal data is being erased; itself where that is known already."""
    if before.state == "erased":
        return before
    return before.model_copy(update={"state": "erased", "certificate_mark": ""})


def find_next_step(worker: Worker) -> NextStep | None:
    """Return the next step, the earlier one of two: to come back from leave, to renew the licence's registration."""
    steps = []
    if worker.state == "on_leave" and worker.leave_until is not None:
        day = worker.leave_until
        steps.append(NextStep(code="end_leave", args={"until": day.isoformat()}, due=end_of(day)))
    until = worker.registered_until
    if worker.state in AT_WORK and worker.licence in {"ending", "expired"} and until is not None:
        due = end_of(until) - RENEWED_BEFORE
        steps.append(NextStep(code="renew_licence", args={"until": until.isoformat()}, due=due))
    return min(steps, key=lambda step: step.due or datetime.max.replace(tzinfo=UTC), default=None)


def find_deadline(worker: Worker) -> tuple[datetime, Due] | None:
    """Return the instant at which the licence changes its state next, or at which the data is kept no longer."""
    if worker.state == "left" and worker.left_on is not None:
        return end_of(worker.left_on) + KEPT_AFTER_LEAVING, RetentionDue(id=worker.id)
    if worker.state not in AT_WORK or worker.registered_until is None:
        return None
    end, due = end_of(worker.registered_until), LicenceDue(id=worker.id)
    if worker.licence == "in_force":
        return end - ENDING, due
    return (end, due) if worker.licence == "ending" else None


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


def require_past(day: date, now: datetime, field: str) -> None:
    """Raise Refused("invalid") for a day after today, or before EARLIEST."""
    today = today_of(now)
    if not EARLIEST <= day <= today:
        earliest = EARLIEST.isoformat()
        raise Refused("invalid", "day_not_past", field=field, earliest=earliest, today=today.isoformat())


def require_registrable(until: date | None, now: datetime) -> None:
    """Raise Refused("invalid") for a last day of a registration that no renewal gives, or before EARLIEST."""
    latest = today_of(now) + LONGEST_REGISTRATION
    if until is not None and not EARLIEST <= until <= latest:
        raise Refused("invalid", "registration_too_long", field="registered_until", latest=latest.isoformat())


def today_of(now: datetime) -> date:
    """Return the day of `now` in China's legal time."""
    return now.astimezone(LEGAL_ZONE).date()


def end_of(day: date) -> datetime:
    """Return the instant at which the day is over in China's legal time."""
    return datetime.combine(day + timedelta(days=1), time.min, LEGAL_ZONE).astimezone(UTC)


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
