"""The commands of social workers. Those that touch the personal data are written by hand: it is beside the shape.

Transfer and the end of an employment are with posts, which they vacate.
"""

from typing import Any, Final, Protocol

from services.stations.network.domain import Station
from services.stations.network.keeping import kept_at
from services.stations.workers.days import require_registrable
from services.stations.workers.domain import (
    AT_WORK,
    REMINDERS,
    LicenceDue,
    Worker,
    WorkerRecord,
    WorkerStepDue,
    brought_up,
    employed_again,
    find_deadline,
    find_next_step,
    leave_begun,
    leave_ended,
    list_exclusive,
    registered,
    require_at_work,
    require_known,
)
from services.stations.workers.profile import filled, open_profile
from shared.contracts.messages import EventData
from shared.contracts.plain import Action
from shared.contracts.refusals import Refused
from shared.contracts.stations.worker_queries import WorkerParticulars
from shared.contracts.stations.workers import (
    BeginLeave,
    ChangeWorker,
    EmployAgain,
    EndLeave,
    LeaveBegun,
    LeaveEnded,
    LicenceEnding,
    LicenceExpired,
    LicenceRecorded,
    RecordLicence,
    RegisterWorker,
    TrainingLacking,
    WorkerChanged,
    WorkerEmployedAgain,
    WorkerRegistered,
    WorkerShape,
    WorkerStepOverdue,
    WorkerTrained,
)
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, Load, UnitOfWork
from shared.engine.decide.external_ids import Namer, name_load, refuse_known_name
from shared.engine.plain import Claim, Plain, check_version
from shared.people import Keeper, Marker, MarkKey, keep_person_name, key_loads, key_of, make_key

WORKERS: Final = Plain(
    Worker, "worker", WorkerShape, find_next_step, list_exclusive, find_deadline, REMINDERS,
    keeping=kept_at(lambda one: one.station_id),
)  # fmt: skip


class Vault(Namer, Keeper, MarkKey, Protocol):
    """The vault, as registrations and changes need it."""

    def open(self, sealed: str, *place: str) -> str:
        """Return the text that was sealed for that place."""

    def open_key(self, wrapped: str, *place: str) -> Any:
        """Return the sealer and opener of a wrapped data key."""


def register_worker(message: Incoming[RegisterWorker], vault: Vault) -> Handling:
    """Register a social worker. Answers WorkerShape.

    Raises the errors of `registered`, and Refused("conflict") for the certificate of another who is employed.
    """
    asked, actor, marker = message.data, message.actor, Marker(vault)
    named = name_load(vault, actor.principal, WORKERS.kind, asked.external_id)
    yield [Get(Station, asked.station_id, actor.area), *named]
    work = yield TURN
    station = work.reach(Station, asked.station_id, "station_id")
    refuse_known_name(work, vault, WORKERS.kind, asked.external_id, named)
    mark = _mark_of(asked.certificate_number, marker)
    after = registered(asked, station, work.new_id(WORKERS.kind), mark, work.now)
    yield WORKERS.load_claims(after)
    require_free_certificate(work, after)
    key = make_key(work, vault, after.id)
    profile = WorkerParticulars(name=asked.name, phone=asked.phone, certificate_number=asked.certificate_number)
    work.put(filled(WorkerRecord(id=after.id, area=after.area, profile=""), profile, key, marker))
    keep_person_name(work, vault, WORKERS.kind, after.id, asked.external_id, sealer=key, named=named)
    return WORKERS.store(work, None, after, WorkerRegistered)


def change_worker(message: Incoming[ChangeWorker], vault: Vault) -> Handling:
    """Correct name or telephone. Answers WorkerShape. Raises the errors of every plain change, and "wrong_state" for
    one who was erased.
    """
    asked = message.data
    yield person_loads(asked, message.actor.area)
    work = yield TURN
    before = reach_worker(work, asked)
    yield WORKERS.load_claims(before)
    given = {name: value for name in ("name", "phone") if (value := getattr(asked, name)) is not None}
    _refill(work, vault, before, given)
    return WORKERS.store(work, before, before.model_copy(), WorkerChanged)


def record_licence(message: Incoming[RecordLicence], vault: Vault) -> Handling:
    """Record a licence or its renewal. Answers WorkerShape.

    Raises the errors of every plain change, Refused("wrong_state") for one who is not employed, "invalid" for the last
    day of the registration, and "conflict" for the certificate of another who is employed.
    """
    asked = message.data
    yield person_loads(asked, message.actor.area)
    work = yield TURN
    before = reach_worker(work, asked)
    require_at_work(before)
    require_registrable(asked.registered_until, work.now)
    mark = _mark_of(asked.certificate_number, Marker(vault))
    facts = {"level": asked.level, "registered_until": asked.registered_until, "certificate_mark": mark}
    after = brought_up(before.model_copy(update=facts), work.now)
    yield WORKERS.load_claims(before, after)
    require_free_certificate(work, after)
    _refill(work, vault, before, {"certificate_number": asked.certificate_number})
    return WORKERS.store(work, before, after, LicenceRecorded)


def employ_again(message: Incoming[EmployAgain]) -> Handling:
    """Employ somebody again, at the former station unless another one is named. Answers WorkerShape.

    Raises the errors of `employed_again`, and Refused("conflict") where somebody else has the certificate meanwhile.
    """
    asked, area = message.data, message.actor.area
    work = yield [Get(Worker, asked.id, area), Get(WorkerRecord, asked.id)]
    if asked.station_id is not None:
        yield [Get(Station, asked.station_id, area)]
    elif (known := work.get(Worker, asked.id)) is not None:
        yield [Get(Station, known.station_id)]
    work = yield TURN
    before = reach_worker(work, asked)
    after = employed_again(asked, before, _find_employer(work, asked, before), work.now)
    yield WORKERS.load_claims(before, after)
    require_free_certificate(work, after, "id")
    move_record(work, after)
    return WORKERS.store(work, before, after, WorkerEmployedAgain)


def follow_licence(message: Incoming[LicenceDue]) -> Handling:
    """Show that a licence ends soon or is over, that training is lacking, or that another year of it begins.

    A timer that fires early changes nothing.
    """
    yield [Get(Worker, message.data.id)]
    work = yield TURN
    before = work.require(Worker, message.data.id, "id")
    after = brought_up(before, work.now) if before.state in AT_WORK else before
    yield WORKERS.load_claims(before, after)
    WORKERS.store(work, before, after, _event_of(before, after))


def person_loads(asked: Action, area: str | None) -> list[Load]:
    """Return the loads of a social worker within the area, with the personal data."""
    return [Get(Worker, asked.id, area), Get(WorkerRecord, asked.id), *key_loads(asked.id)]


def require_free_certificate(work: UnitOfWork, worker: Worker, field: str = "certificate_number") -> None:
    """Raise Refused("conflict") where another who is employed has the certificate, naming one whom the actor reaches.

    Needs `load_claims`. The number itself stands in no refusal: it is personal data.
    """
    for load in WORKERS.load_claims(worker):
        claim = work.get(Claim, load.id) if isinstance(load, Get) else None
        if claim is None or claim.holder in {"", worker.id}:
            continue
        if work.message.actor.reaches(claim.area):
            raise Refused("conflict", "certificate_held", field=field, holder=claim.holder)
        raise Refused("conflict", "certificate_held_elsewhere", field=field)


def move_record(work: UnitOfWork, worker: Worker) -> None:
    """Store the record in the area where the person works now, so that a search there finds it. Needs its load."""
    if (record := work.get(WorkerRecord, worker.id)) is not None and record.area != worker.area:
        work.put(record.model_copy(update={"area": worker.area}))


def reach_worker(work: UnitOfWork, asked: Action) -> Worker:
    """Return the social worker. Raises Refused: "not_found", "version_mismatch", "wrong_state" for one erased."""
    before = work.reach(Worker, asked.id, "id")
    require_known(before)
    check_version(before, WORKERS.kind, asked.expected_version)
    return before


def _refill(work: UnitOfWork, vault: Vault, worker: Worker, given: dict[str, str | None]) -> None:
    record = work.require(WorkerRecord, worker.id, "id")
    profile = open_profile(work, vault, record).model_copy(update=given)
    work.put(filled(record, profile, key_of(work, vault, worker.id), Marker(vault)))


def _find_employer(work: UnitOfWork, asked: EmployAgain, before: Worker) -> Station:
    """Return the station where the person is employed again. Raises Refused("not_found") for one out of reach."""
    if asked.station_id is None:
        return work.require(Station, before.station_id, "id")
    return work.reach(Station, asked.station_id, "station_id")


def _event_of(before: Worker, after: Worker) -> type[EventData]:
    if after.licence != before.licence:
        return LicenceExpired if after.licence == "expired" else LicenceEnding
    return TrainingLacking if after.training == "lacking" else WorkerTrained


def _mark_of(number: str | None, marker: Marker) -> str:
    return "" if number is None else marker.of_certificate(number)


HANDLERS: Final[HandlerTable] = {
    RegisterWorker: register_worker,
    ChangeWorker: change_worker,
    RecordLicence: record_licence,
    BeginLeave: WORKERS.change(leave_begun, LeaveBegun),
    EndLeave: WORKERS.change(leave_ended, LeaveEnded),
    EmployAgain: employ_again,
    LicenceDue: follow_licence,
    WorkerStepDue: WORKERS.remind(WorkerStepOverdue),
}
