"""The units of work by which a worker takes a job on. Each finds the job as the worker saw it, or leaves no trace."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic_core import to_json

from shared.contracts.jobs import MOST_ERRORS, RowError
from shared.contracts.reasons import Reason
from shared.engine import TURN, Get, Handling, Incoming, UnitOfWork
from shared.jobs.domain import (
    OPEN_STATES,
    RUNNABLE,
    SHOWN_EVERY,
    Counted,
    Job,
    KeptError,
    checked,
    cleaned,
    done,
    failed,
    progressed,
    started,
)
from shared.jobs.handlers import Box, Jobs, slots_load
from shared.jobs.reading import error_place


class StaleJobError(RuntimeError):
    """The job has changed since the worker read it: it was cancelled, or another worker has it."""


@dataclass(frozen=True, slots=True)
class Started:
    """A worker begins the job."""

    job: Job


@dataclass(frozen=True, slots=True)
class Checked:
    """The file is sound as a whole, with so many rows."""

    job: Job
    total: int


@dataclass(frozen=True, slots=True)
class Decided:
    """A part of the rows is decided."""

    job: Job
    part: Counted
    last: bool


@dataclass(frozen=True, slots=True)
class Broken:
    """The job cannot go on."""

    job: Job
    problem: Reason


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The file of an ended job is deleted, and its errors where their time is over."""

    job: Job


class Steps:
    """The handlers of the units of work, for the jobs of one service."""

    def __init__(self, jobs: Jobs, vault: Box) -> None:
        self._jobs, self._vault = jobs, vault

    def start(self, message: Incoming[Started]) -> Handling:
        """Note that a worker has begun the job; after too many starts without progress the job has failed."""
        return self._advance(message.data.job, lambda _, before, now: started(before, now))

    def check(self, message: Incoming[Checked]) -> Handling:
        """Keep the number of rows."""
        asked = message.data
        return self._advance(asked.job, lambda _, before, now: checked(before, asked.total, now))

    def decide(self, message: Incoming[Decided]) -> Handling:
        """Count the rows and keep their errors; the last part ends the job."""
        asked = message.data

        def go_on(work: UnitOfWork, before: Job, now: datetime) -> Job:
            self._keep(work, before, asked.part.errors)
            after = progressed(before, asked.part, now)
            return done(after, now) if asked.last else after

        return self._advance(asked.job, go_on, seldom=True)

    def fail(self, message: Incoming[Broken]) -> Handling:
        """End the job for the problem."""
        asked = message.data
        return self._advance(asked.job, lambda _, before, now: failed(before, asked.problem, now))

    def clean(self, message: Incoming[Cleaned]) -> Handling:
        """Leave the ended job to itself."""
        asked = message.data.job
        yield [Get(Job, asked.id)]
        work = yield TURN
        before = work.require(Job, asked.id, "id")
        if before.state not in OPEN_STATES:
            work.put(cleaned(before, work.now))

    def _advance(
        self, seen: Job, change: Callable[[UnitOfWork, Job, datetime], Job], *, seldom: bool = False
    ) -> Handling:
        yield [Get(Job, seen.id)]
        work = yield TURN
        before = work.require(Job, seen.id, "id")
        if before.state not in RUNNABLE or before.done != seen.done or before.upload != seen.upload:
            raise StaleJobError(seen.id)
        after = change(work, before, work.now)
        if after.state not in OPEN_STATES:
            yield [slots_load(seen.actor.principal)]
            self._jobs.end(work, before, after)
        elif not seldom or work.now - before.shown_at >= SHOWN_EVERY:
            shown = after.model_copy(update={"shown_at": work.now})
            self._jobs.plain.store(work, before, shown, self._jobs.messages.progressed)
        else:
            work.put(after)

    def _keep(self, work: UnitOfWork, job: Job, errors: Sequence[RowError]) -> None:
        for error in errors[: max(0, MOST_ERRORS - job.kept_errors)]:
            sealed = self._vault.seal(to_json(error).decode(), *error_place(error.id))
            work.put(KeptError(id=error.id, job_id=job.id, sealed=sealed))
