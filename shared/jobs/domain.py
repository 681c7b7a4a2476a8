"""A job through its life: begun, filled with a file, run part by part, ended, closed. Pure."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Final

from shared.contracts.access import Actor
from shared.contracts.jobs import (
    MOST_ERRORS,
    MOST_FILE_BYTES,
    AddFilePart,
    BeginImport,
    CoordinateSystem,
    FileFormat,
    JobShape,
    JobState,
    RowError,
)
from shared.contracts.plain import NextStep
from shared.contracts.reasons import Reason, reason
from shared.contracts.refusals import Refused
from shared.engine.decide.entity import Entity
from shared.engine.decide.schema import Document
from shared.engine.plain import Aggregate
from shared.engine.reminders import Due
from shared.engine.store.collections import JOB_ERRORS, JOB_FILE_PARTS

SEND_WITHIN: Final = timedelta(hours=1)
"""The time for the file of a job; then the job fails."""
STUCK_AFTER: Final = timedelta(minutes=15)
"""A job that has not gone on for so long is overdue."""
SEE_TO_WITHIN: Final = timedelta(days=7)
"""The time in which somebody sees to a failed job, or to its bad rows."""
KEPT: Final = timedelta(days=30)
"""How long the row errors of an ended job are kept; then the job closes by itself."""
SHOWN_EVERY: Final = timedelta(seconds=2)
"""The pause between two announcements of the progress of a job."""
MOST_OPEN: Final = 3
"""Jobs of one principal that have not ended."""
MOST_STARTS: Final = 10
"""How often a worker begins a job that does not go on: after that the job has failed."""
OPEN_STATES: Final[frozenset[JobState]] = frozenset({"receiving", "waiting", "running"})
RUNNABLE: Final[frozenset[JobState]] = frozenset({"waiting", "running"})


class Job(JobShape, Aggregate):
    """A job, with the actor in whose name it runs and the worker's place in it.

    `due` is the instant from which a worker takes it; None while there is nothing for a worker to do. `starts` counts
    the workers that have begun it since it went on last.
    """

    collection: ClassVar[str] = "jobs"
    actor: Actor
    format: FileFormat | None = None
    sheet: str | None = None
    coordinates: CoordinateSystem = "wgs84"
    upload: str = ""
    parts: int = 0
    due: datetime | None = None
    starts: int = 0
    moved_at: datetime
    shown_at: datetime
    kept_errors: int = 0

    def stored_fields(self, only: AbstractSet[str] | None) -> Document:
        """Return all fields or `only` these as JSON, but `due` as an instant: workers search by it."""
        document = super().stored_fields(only)
        return {**document, "due": self.due} if "due" in document else document


class JobSlots(Entity):
    """The jobs of one principal that have not ended; the id is the principal's."""

    collection: ClassVar[str] = "job_slots"
    jobs: tuple[str, ...] = ()


class FilePart(Entity):
    """A part of the file of a job, sealed: the id is that of the job and the number of the part."""

    collection: ClassVar[str] = JOB_FILE_PARTS
    job_id: str
    sealed: str
    digest: str


class KeptError(Entity):
    """An error of a row of a job, sealed: the id is that of the job and the number of the row."""

    collection: ClassVar[str] = JOB_ERRORS
    job_id: str
    sealed: str


class JobDue(Due):
    """The time for a file, or of the row errors, is over."""


class JobStepDue(Due):
    """The next step of a job is overdue: the next level is reminded."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The outcome of a part of the rows: those that changed something, those that were there, and the errors."""

    rows: int
    taken: int = 0
    unchanged: int = 0
    bad: int = 0
    errors: Sequence[RowError] = field(default=())


def begun(asked: BeginImport, job_id: str, actor: Actor, now: datetime) -> Job:
    """Return a new job that waits for its file."""
    return Job(
        id=job_id, version=0, area=asked.area, kind=asked.kind, state="receiving", dry_run=asked.dry_run, begun_at=now,
        actor=actor, format=asked.format, sheet=asked.sheet, coordinates=asked.coordinates, moved_at=now, shown_at=now,
    )  # fmt: skip


def admitted(slots: JobSlots, job_id: str) -> JobSlots:
    """Return the open jobs of a principal with another one. Raises Refused("conflict") beyond MOST_OPEN."""
    if len(slots.jobs) >= MOST_OPEN:
        raise Refused("conflict", "too_many_jobs", limit=MOST_OPEN)
    return slots.model_copy(update={"jobs": (*slots.jobs, job_id)})


def left(slots: JobSlots, job_id: str) -> JobSlots:
    """Return the open jobs of a principal without this one."""
    return slots.model_copy(update={"jobs": tuple(one for one in slots.jobs if one != job_id)})


def received(job: Job, part: AddFilePart, size: int, now: datetime) -> Job:
    """Return the job with a further part of so many bytes; the first part begins the file again.

    Raises Refused: "wrong_state" where the file is there already or another request brings it, "invalid" for a part out
    of order and for a file above 16 MiB, or an empty one.
    """
    if job.state != "receiving":
        raise Refused("wrong_state", "file_already_there", field="id", state=job.state)
    again = part.number == 0
    if not again and part.upload != job.upload:
        raise Refused("wrong_state", "file_sent_twice_at_once", field="upload")
    if not again and part.number != job.parts:
        raise Refused("invalid", "file_part_out_of_order", field="number", expected=job.parts)
    total = size if again else job.bytes + size
    if total > MOST_FILE_BYTES:
        raise Refused("invalid", "import_file_too_large", field="content", size=total, limit=MOST_FILE_BYTES)
    if part.last and total == 0:
        raise Refused("invalid", "import_file_empty", field="content")
    queue: dict[str, object] = {"state": "waiting", "due": now, "moved_at": now, "shown_at": now} if part.last else {}
    return job.model_copy(update={"upload": part.upload, "parts": part.number + 1, "bytes": total, **queue})


def started(job: Job, now: datetime) -> Job:
    """Return the job as begun by a worker. After MOST_STARTS starts without progress the job has failed."""
    if job.starts >= MOST_STARTS:
        return failed(job, reason("job_does_not_go_on", count=job.starts), now)
    return job.model_copy(update={"state": "running", "starts": job.starts + 1, "shown_at": now})


def checked(job: Job, total: int, now: datetime) -> Job:
    """Return the job with the number of its rows: the file is sound as a whole."""
    return job.model_copy(update={"total": total, "moved_at": now, "shown_at": now})


def progressed(job: Job, part: Counted, now: datetime) -> Job:
    """Return the job with a further part of its rows decided."""
    room = max(0, MOST_ERRORS - job.kept_errors)
    return job.model_copy(
        update={
            "done": job.done + part.rows,
            "taken": job.taken + part.taken,
            "unchanged": job.unchanged + part.unchanged,
            "bad": job.bad + part.bad,
            "kept_errors": job.kept_errors + min(room, len(part.errors)),
            "starts": 0,
            "moved_at": now,
        }
    )


def done(job: Job, now: datetime) -> Job:
    """Return the job as done."""
    return _ended(job, "done", now)


def failed(job: Job, problem: Reason, now: datetime) -> Job:
    """Return the job as failed for that reason."""
    return _ended(job, "failed", now).model_copy(update={"problem": problem})


def cancelled(job: Job, now: datetime) -> Job:
    """Return the job as cancelled; an ended one stays as it is where it is cancelled already.

    Raises Refused("wrong_state") for a job that is done or has failed.
    """
    if job.state == "cancelled":
        return job
    if job.state not in OPEN_STATES:
        raise Refused("wrong_state", "job_has_ended", field="id", state=job.state)
    return _ended(job, "cancelled", now)


def closed(job: Job, now: datetime) -> Job:
    """Return the job as closed; a closed one stays as it is. Raises Refused("wrong_state") for one that goes on."""
    if job.state in OPEN_STATES:
        raise Refused("wrong_state", "job_goes_on", field="id", state=job.state)
    return job if job.closed_at is not None else job.model_copy(update={"closed_at": now})


def expired(job: Job, now: datetime) -> Job:
    """Return the job after its deadline: failed without its file, or closed and its errors to be deleted."""
    if job.state == "receiving":
        return failed(job, reason("file_not_sent"), now) if now >= job.begun_at + SEND_WITHIN else job
    if job.kept_until is None or now < job.kept_until:
        return job
    after = closed(job, now)
    return after if job.due is not None or job.kept_errors == 0 else after.model_copy(update={"due": now})


def cleaned(job: Job, now: datetime) -> Job:
    """Return an ended job whose file is deleted, and its errors where their time is over."""
    over = job.kept_until is not None and now >= job.kept_until
    return job.model_copy(update={"due": None, "parts": 0, "kept_errors": 0 if over else job.kept_errors})


def find_next_step(job: Job) -> NextStep | None:
    """Return the next step: the file is sent, a worker goes on, then people see to a failure or to the bad rows."""
    if job.state == "receiving":
        return NextStep(code="send_file", due=job.begun_at + SEND_WITHIN)
    if job.state in RUNNABLE:
        return NextStep(code="await_job", due=job.moved_at + STUCK_AFTER)
    if job.closed_at is not None or job.ended_at is None or job.dry_run:
        return None
    if job.state == "failed":
        return NextStep(code="see_to_failed_job", due=job.ended_at + SEE_TO_WITHIN)
    return NextStep(code="correct_rows", args={"count": job.bad}, due=job.ended_at + SEE_TO_WITHIN) if job.bad else None


def find_deadline(job: Job) -> datetime | None:
    """Return the deadline by which a job without its file fails, or the errors of an ended one are deleted."""
    if job.state == "receiving":
        return job.begun_at + SEND_WITHIN
    return job.kept_until if job.ended_at is not None and (job.closed_at is None or job.kept_errors) else None


def _ended(job: Job, state: JobState, now: datetime) -> Job:
    # Due at once: a worker deletes the file.
    ends = {"ended_at": now, "kept_until": now + KEPT, "due": now, "moved_at": now, "shown_at": now}
    return job.model_copy(update={"state": state, **ends})
