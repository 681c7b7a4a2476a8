"""The commands and timers of jobs, for the service that runs them."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Final, Protocol

from pymongo import ASCENDING, IndexModel

from shared.contracts.access import Decision, Permission, describe_lack, permits
from shared.contracts.jobs import (
    AddFilePart,
    BeginImport,
    CancelJob,
    CloseJob,
    JobBegun,
    JobCancelled,
    JobClosed,
    JobDone,
    JobFailed,
    JobOverdue,
    JobProgressed,
    JobQueued,
    JobShape,
    ListRowErrors,
)
from shared.contracts.messages import EventData
from shared.contracts.plain import Shape
from shared.contracts.refusals import Refused
from shared.engine import TURN, Capability, Get, HandlerTable, Handling, Incoming, UnitOfWork
from shared.engine.decide.external_ids import Namer, keep_name, name_load
from shared.engine.plain import Plain, check_version
from shared.engine.reminders import Reminders
from shared.engine.store.collections import row_place
from shared.engine.store.untimed import Untimed
from shared.jobs.domain import (
    OPEN_STATES,
    FilePart,
    Job,
    JobDue,
    JobSlots,
    JobStepDue,
    KeptError,
    admitted,
    begun,
    cancelled,
    closed,
    expired,
    find_deadline,
    find_next_step,
    left,
    received,
)
from shared.jobs.reading import list_row_errors

NOUN: Final = "job"
REMINDED: Final = frozenset({"await_job", "see_to_failed_job", "correct_rows"})
INDEXES: Final = {
    Job.collection: [IndexModel([("due", ASCENDING)], name="due")],
    JobSlots.collection: [],
    FilePart.collection: [IndexModel([("job_id", ASCENDING), ("_id", ASCENDING)], name="job")],
    KeptError.collection: [IndexModel([("job_id", ASCENDING), ("_id", ASCENDING)], name="job")],
}


class Box(Namer, Protocol):
    """The part of the vault that seals the parts of a file."""

    def seal(self, text: str, *place: str) -> str:
        """Encrypt a text for its place."""


@dataclass(frozen=True)
class JobMessages:
    """The messages of the contract of one service."""

    begin: type[BeginImport]
    add: type[AddFilePart]
    cancel: type[CancelJob]
    close: type[CloseJob]
    begun: type[JobBegun]
    queued: type[JobQueued]
    progressed: type[JobProgressed]
    done: type[JobDone]
    failed: type[JobFailed]
    cancelled: type[JobCancelled]
    closed: type[JobClosed]
    overdue: type[JobOverdue]
    errors: type[ListRowErrors]
    due: type[JobDue]
    step_due: type[JobStepDue]


@dataclass(frozen=True)
class Jobs:
    """The jobs of one service: its messages, and the permission of each kind of rows that it imports."""

    messages: JobMessages
    permissions: Mapping[str, Permission]

    @cached_property
    def plain(self) -> Plain[Job]:
        """The plain form of a job."""
        due = self.messages.due
        return Plain(
            Job, NOUN, JobShape, find_next_step,
            deadline=lambda job: None if (at := find_deadline(job)) is None else (at, due(id=job.id)),
            reminders=Reminders(self.messages.step_due, REMINDED),
        )  # fmt: skip

    def declare(self) -> Capability:
        """Return the capability of the service."""
        messages = self.messages
        handlers: HandlerTable = {
            messages.begin: self._begin,
            messages.add: self._add,
            messages.cancel: self._cancel,
            messages.close: self.plain.change(lambda _, before, now: closed(before, now), messages.closed),
            messages.due: self._expire,
            messages.step_due: self.plain.remind(messages.overdue),
        }
        return Capability("jobs", handlers, INDEXES, queries={messages.errors: list_row_errors})

    def find_untimed(self) -> Untimed:
        """Return the rule that gives a timer to open jobs without one."""
        return self.plain.find_untimed(lambda state: state in OPEN_STATES)

    def end(self, work: UnitOfWork, before: Job, after: Job) -> Shape:
        """Store and announce an end, and free the place of its principal. The handler has loaded `slots_load`."""
        kind: Mapping[str, type[EventData]] = {
            "done": self.messages.done,
            "failed": self.messages.failed,
            "cancelled": self.messages.cancelled,
        }
        slots = work.get(JobSlots, before.actor.principal)
        if slots is not None and before.id in slots.jobs:
            work.put(left(slots, before.id))
        return self.plain.store(work, before, after, kind[after.state])

    # ---- handlers ---------------------------------------------------------------------------------------------

    def _begin(self, message: Incoming[BeginImport], vault: Namer) -> Handling:
        """Begin a job. Raises Refused: "not_allowed" without the permission of its rows, "conflict" for too many."""
        asked, actor = message.data, message.actor
        require_kind(self.permissions, asked.kind, message)
        yield [*name_load(vault, actor.principal, NOUN, asked.external_id), slots_load(actor.principal)]
        work = yield TURN
        job = begun(asked, work.new_id(NOUN), actor, work.now)
        slots = admitted(work.get(JobSlots, actor.principal) or JobSlots(id=actor.principal), job.id)
        keep_name(work, vault, NOUN, job.id, asked.external_id)
        work.put(slots)
        return self.plain.store(work, None, job, self.messages.begun)

    def _add(self, message: Incoming[AddFilePart], vault: Box) -> Handling:
        """Keep a part of a file. Raises Refused as `received` does, and "not_found" for another principal's job."""
        asked = message.data
        place = part_id(asked.id, asked.number)
        yield [Get(Job, asked.id, message.actor.area), Get(FilePart, place)]
        work = yield TURN
        before = self._own(work, asked.id)
        content = _decoded(asked.content)
        digest, known = sha256(content).hexdigest(), work.get(FilePart, place)
        if asked.upload == before.upload and asked.number < before.parts and known and known.digest == digest:
            return self.plain.describe(before)
        after = received(before, asked, len(content), work.now)
        sealed = vault.seal(asked.content, *part_place(place))
        kept = known or FilePart(id=place, job_id=before.id, sealed="", digest="")
        work.put(kept.model_copy(update={"sealed": sealed, "digest": digest}))
        if after.state != "receiving":
            return self.plain.store(work, before, after, self.messages.queued)
        # Nothing to announce: the job still waits for its file.
        return self.plain.describe(work.put(after))

    def _own(self, work: UnitOfWork, job_id: str) -> Job:
        """Return the job; of another principal it is as unknown: nobody adds to the file of somebody else."""
        job = work.reach(Job, job_id, "id")
        if job.actor.principal != work.message.actor.principal:
            raise Refused("not_allowed", "job_of_another", field="id")
        return job

    def _cancel(self, message: Incoming[CancelJob]) -> Handling:
        """Cancel a job. Raises Refused("wrong_state") for one that is done or has failed."""
        asked = message.data
        work = yield from self._load(asked.id, message.actor.area)
        before = work.reach(Job, asked.id, "id")
        check_version(before, NOUN, asked.expected_version)
        after = cancelled(before, work.now)
        return self.plain.describe(before) if after is before else self.end(work, before, after)

    def _expire(self, message: Incoming[JobDue]) -> Handling:
        """End a job whose file did not come, or have the errors of an ended one deleted."""
        work = yield from self._load(message.data.id)
        before = work.require(Job, message.data.id, "id")
        after = expired(before, work.now)
        if after.state != before.state:
            self.end(work, before, after)
        else:
            self.plain.store(work, before, after, self.messages.closed)

    def _load(self, job_id: str, within: str | None = None) -> Any:
        work = yield [Get(Job, job_id, within)]
        job = work.get(Job, job_id)
        if job is not None:
            yield [slots_load(job.actor.principal)]
        return (yield TURN)


def require_kind(permissions: Mapping[str, Permission], kind: str, message: Incoming[Any]) -> None:
    """Refuse an actor who may not write the rows, before any file is sent. Raises Refused.

    "invalid" for rows of another service, "not_allowed" without the permission.
    """
    if kind not in permissions:
        raise Refused("invalid", "kind_of_another_service", field="kind", kind=kind)
    permission, actor = permissions[kind], message.actor
    if permits(actor, permission) is not Decision.ALLOWED:
        raise Refused("not_allowed", "permission_missing", field="kind", **describe_lack(actor, permission))


def slots_load(principal: str) -> Get[JobSlots]:
    """Return the load of the open jobs of a principal."""
    return Get(JobSlots, principal)


def part_id(job_id: str, number: int) -> str:
    """Return the id of a part of a file: the parts sort as the bytes do."""
    return f"{job_id}.{number:04d}"


def part_place(one: str) -> tuple[str, str, str]:
    """Return the place that a part is sealed for."""
    return row_place(FilePart.collection, one)


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error:
        raise Refused("invalid", "not_base64", field="content") from None
