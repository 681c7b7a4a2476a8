"""The erasure of a social worker: asked for, or by age two years after the employment has ended.

The id stays in posts, trainings and the history, and leads to nobody.
"""

from typing import Final

from services.stations.erasures.domain import Erasure, WorkerErasureDue
from services.stations.erasures.handlers import keep_outcome
from services.stations.workers.days import end_of
from services.stations.workers.domain import AT_WORK, RetentionDue, Worker, WorkerRecord, erased
from services.stations.workers.domain import KEPT_AFTER_LEAVING as KEPT
from services.stations.workers.handlers import WORKERS
from services.stations.workers.profile import place_of
from shared.contracts.reasons import reason
from shared.contracts.stations.worker_queries import WorkerParticulars
from shared.contracts.stations.workers import WorkerErased
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, Loading, UnitOfWork
from shared.people.erasing import BY_AGE, ErasurePart, finish, go_on, wait
from shared.people.erasures import Erasures, FirstSteps, Taking
from shared.people.failed_commands import Traces, open_known
from shared.runtime.vault import Vault


class _OutOfEmployment(FirstSteps[Worker]):
    """The employer needs the data as long as the employment goes on (Personal Information Protection Law, art. 13)."""

    def load(self, work: UnitOfWork, part: ErasurePart, person: Worker) -> Loading:  # noqa: ARG002
        yield WORKERS.load_claims(person)

    def take(self, work: UnitOfWork, part: ErasurePart, person: Worker) -> Taking:
        yield from ()
        if person.state in AT_WORK:
            if part.erasure_id == BY_AGE:
                finish(work, part, "unknown", keep_outcome)  # employed again meanwhile
            else:
                wait(work, part, WorkerErasureDue, keep_outcome, reason("worker_employed"))
            return True
        if person.state == "erased":
            return False
        if (record := work.get(WorkerRecord, person.id)) is not None:
            work.put(record.model_copy(update={"marks": ()}))
        WORKERS.store(work, person, erased(person), WorkerErased)
        go_on(work, part, WorkerErasureDue)
        return True


def erase_worker(message: Incoming[WorkerErasureDue], vault: Vault) -> Handling:
    """Wait for the end of the employment, search the failed commands; then delete record, key and names."""
    return ERASURES.run_step(message, vault, _OutOfEmployment())


def begin_erasure_by_age(message: Incoming[RetentionDue]) -> Handling:
    """Begin the erasure of a social worker who left long ago. A timer that fires early changes nothing."""
    worker_id = message.data.id
    part_id = f"{BY_AGE}.{worker_id}"
    yield [Get(Worker, worker_id), Get(ErasurePart, part_id)]
    work = yield TURN
    worker, part = work.require(Worker, worker_id, "id"), work.get(ErasurePart, part_id)
    if worker.state != "left" or worker.left_on is None or work.now < end_of(worker.left_on) + KEPT:
        return
    if part is None or part.state == "unknown":
        fresh = ErasurePart(
            id=part_id, erasure_id=BY_AGE, nth=0, kind="worker", subject=worker_id, area=worker.area, reach=""
        )
        go_on(work, fresh if part is None else part.model_copy(update=_BEGUN), WorkerErasureDue)


def _find_traces(work: UnitOfWork, vault: Vault, record: WorkerRecord) -> Traces:
    text = open_known(work, vault, record.id, record.profile, *place_of(record.id))
    if not text:
        return Traces(record.id)
    person = WorkerParticulars.model_validate_json(text)
    numbers = (person.phone, *((person.certificate_number,) if person.certificate_number else ()))
    return Traces(record.id, tuple((number,) for number in numbers), person.name)


_BEGUN: Final = {"state": "pending", "searched": "", "second": False}
ERASURES: Final = Erasures(
    kind="worker",
    person=Worker,
    record=WorkerRecord,
    due=WorkerErasureDue,
    withdrawn=None,
    tell=keep_outcome,
    traces=_find_traces,
    kept=(reason("kept_worker_nameless"),),
    loads=lambda part: (Get(Erasure, part.erasure_id),),
    merged=False,
)
HANDLERS: Final[HandlerTable] = {WorkerErasureDue: erase_worker, RetentionDue: begin_erasure_by_age}
