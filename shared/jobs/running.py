"""The runner: it takes the job that is due, checks its file as a whole, then decides its rows part by part.

Each part is one transaction with the job's progress, guarded by its version. So a worker that dies leaves whole parts
behind, and the next one goes on at the first row that is not decided; and of two workers that believe they have a job
only one commits. While the store commits a part, the next one is read and prepared; it is decided after the commit,
because the same person may stand in both.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from time import monotonic
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from pymongo.database import Database

from shared.contracts.reasons import Reason, reason
from shared.engine.decide.handlers import Handler, Handlers
from shared.engine.decide.schema import Document
from shared.engine.run.audit import build_audit
from shared.engine.run.units import Units
from shared.engine.store.commit import Transaction
from shared.engine.store.due_rows import DueRows
from shared.engine.store.reader import Reader
from shared.engine.store.renewal import renewed_beside
from shared.jobs.deciding import Kinds, Part, RowDecider
from shared.jobs.domain import OPEN_STATES, Counted, Job
from shared.jobs.figures import count_rows
from shared.jobs.file_parts import MissingPartError, delete_errors, delete_file, read_pieces
from shared.jobs.handlers import Jobs
from shared.jobs.kinds import ImportOf, Reading
from shared.jobs.steps import Broken, Checked, Cleaned, Decided, StaleJobError, Started, Steps
from shared.runtime.clock import Clock
from shared.runtime.logging import get_logger
from shared.runtime.vault import Vault, VaultError
from shared.tables.problems import FileProblem
from shared.tables.rows import RawRow
from shared.tables.table import Table, open_table

CHECK_SECONDS: Final = 2.0
"""How long the check of a file goes on before the lease of its job is renewed."""
RENEW_SECONDS: Final = 3.0
"""How often the lease of a job is renewed during a step: it ends after ROW_LEASE_SECONDS."""


@dataclass
class OpenJob:
    """The job in hand, with its file as far as it is read."""

    job: Job
    kind: ImportOf[Any]
    table: Table
    reading: Reading
    at: int
    """The rows read so far."""
    counted: bool
    """Whether the table is read by the check, which counts the rows."""
    seen: set[int] = field(default_factory=set)
    """The hashes of the keys of the rows read so far: some ten MiB for the largest file."""
    ahead: Future[Part] | None = None
    """The next part, as it is read beside the commit of the one before."""

    def note(self, raws: Sequence[RawRow]) -> frozenset[int]:
        """Note the keys of further rows; return the numbers of those whose key has come before."""
        twice = set()
        for raw in raws:
            key = self.kind.key_of(raw, self.table.header) if self.kind.key else None
            if key is None:
                continue
            if key in self.seen:
                twice.add(raw.number)
            self.seen.add(key)
        return frozenset(twice)


class Runner:
    """Takes jobs on, step by step, for one thread.

    With `beside`, an executor of one thread, it reads a part ahead. The lease of the job in hand is renewed between two
    parts, `look_every` seconds after the last time.
    """

    def __init__(
        self, database: Database[Document], units: Units, vault: Vault, jobs: Jobs, kinds: Kinds,
        *, handlers: Handlers, zone: ZoneInfo, clock: Clock, beside: Executor | None = None, look_every: float = 0.0,
    ) -> None:  # fmt: skip
        self._database, self._units, self._vault, self._kinds = database, units, vault, kinds
        self._handlers, self._zone, self._clock = handlers, zone, clock
        self._due = DueRows(database, Job.collection)
        self._steps = Steps(jobs, vault)
        self._beside, self._look_every, self._next_look = beside, look_every, 0.0
        self._open: OpenJob | None = None

    def step(self) -> bool:
        """Take the job on that is due first; return whether there was one.

        Raises PyMongoError, Conflict or StoreUnreachableError: then the step comes again, from the store.
        """
        hand = self._open
        if hand is not None and not hand.counted and hand.job.state in OPEN_STATES and monotonic() < self._next_look:
            self._attempt(hand.job, lambda: self._decide(hand))
            return True
        # Taken again, which renews the lease of the job in hand.
        self._next_look = monotonic() + self._look_every
        rows = self._due.take(self._clock.city(), 1)
        if not rows:
            self._open = None
            return False
        job = Job.from_document(rows[0])
        self._attempt(job, lambda: self._take_on(job, rows[0]))
        return True

    def forget(self) -> None:
        """Leave the file in hand, with the part read ahead: the next step begins where the store has it."""
        self._open = None

    def _take_on(self, job: Job, row: Document) -> None:
        if job.state not in OPEN_STATES:
            self._clean(job)
        elif self._open is None or not _is_same(self._open.job, job):
            with self._kept(row):
                self._begin(job)
        elif self._open.counted:
            with self._kept(row):
                self._check(self._open)
        else:
            self._decide(self._open)

    def _attempt(self, job: Job, work: Callable[[], None]) -> None:
        """Do the work about the job; end the job where its file has a problem."""
        try:
            work()
        except FileProblem as problem:
            self._end(job, problem.reason)
        except (MissingPartError, VaultError) as error:
            get_logger().error("job_file_unreadable", job=job.id, error=type(error).__name__)
            self._end(job, reason("file_unreadable"))
        except StaleJobError:
            self._open = None
        except BaseException:
            self._open = None
            raise

    def _kept(self, row: Document) -> AbstractContextManager[None]:
        """Keep the lease of the job during a step that may take longer: a large workbook is opened as a whole."""
        return renewed_beside(lambda: self._due.renew(row), RENEW_SECONDS)

    def _begin(self, job: Job) -> None:
        self._open = None
        self._run(job, Started(job), self._steps.start)
        job = self._read(job)
        if job.state != "running":
            return
        kind = self._kinds[job.kind]
        table = open_table(
            job.format, lambda: read_pieces(self._database, self._vault, job), kind.columns, job.sheet, kind.ignored
        )
        reading = Reading(job.area, self._zone, job.coordinates)
        self._open = OpenJob(job, kind, table, reading, 0, counted=job.total is None)
        if job.total is not None:
            for raw in islice(table.rows, job.done):
                self._open.note([raw])
            self._open.at = job.done

    def _check(self, hand: OpenJob) -> None:
        """Read on for CHECK_SECONDS; at the end keep the number of rows, and open the file again."""
        ends = monotonic() + CHECK_SECONDS
        while monotonic() < ends:
            read = _skip(hand.table.rows, hand.kind.most)
            hand.at += read
            if read < hand.kind.most:
                self._run(hand.job, Checked(hand.job, hand.at), self._steps.check)
                self._reopen(self._read(hand.job), hand)
                return

    def _reopen(self, job: Job, hand: OpenJob) -> None:
        pieces = lambda: read_pieces(self._database, self._vault, job)  # noqa: E731
        table = open_table(job.format, pieces, hand.kind.columns, job.sheet, hand.kind.ignored)
        self._open = OpenJob(job, hand.kind, table, hand.reading, 0, counted=False)

    def _decide(self, hand: OpenJob) -> None:
        """Decide the next part of the rows, and commit it with the progress of the job."""
        part = self._prepare(hand) if hand.ahead is None else hand.ahead.result()
        hand.ahead = None
        last = hand.at + len(part.raws) >= (hand.job.total or 0) or not part.raws

        def decide_part() -> tuple[tuple[Counted, Job], Sequence[Transaction]]:
            now = self._clock.city()
            decisions, counted = self._decider(hand).decide(hand.job, part, hand.table.header, now)
            progress = self._decide_step(hand.job, Decided(hand.job, counted, last), self._steps.decide)
            after = cast("Job", progress.decisions.identities.entities[Job, hand.job.id])
            if self._beside is not None and not last and hand.ahead is None:
                hand.ahead = self._beside.submit(self._prepare, hand)
            if decisions is None or hand.job.dry_run:
                return (counted, after), [progress]
            audit = build_audit(decisions.outcomes, now)
            return (counted, after), [self._units.transaction(decisions, audit), progress]

        counted, job = self._units.commit(decide_part)
        count_rows(job.kind, counted)
        hand.at += len(part.raws)
        hand.job = job

    def _prepare(self, hand: OpenJob) -> Part:
        """Read the next part of the rows. Raises FileProblem, MissingPartError, VaultError or PyMongoError."""
        raws = list(islice(hand.table.rows, hand.kind.most))
        twice, now = hand.note(raws), self._clock.city()
        return self._decider(hand).prepare(hand.job, raws, hand.table.header, hand.reading, now, twice=twice)

    def _decider(self, hand: OpenJob) -> RowDecider:
        return RowDecider(hand.kind, self._handlers, Reader(self._database).fetch, self._vault)

    def _clean(self, job: Job) -> None:
        delete_file(self._database, job.id)
        if job.kept_until is not None and self._clock.city() >= job.kept_until:
            delete_errors(self._database, job.id)
        self._run(job, Cleaned(job), self._steps.clean)
        self._open = None

    def _end(self, job: Job, problem: Reason) -> None:
        self._open = None
        try:
            self._run(self._read(job), Broken(self._read(job), problem), self._steps.fail)
        except StaleJobError:
            return

    def _read(self, job: Job) -> Job:
        row = self._database[Job.collection].find_one({"_id": job.id})
        if row is None:
            raise StaleJobError(job.id)
        return Job.from_document(row)

    def _run(self, job: Job, data: object, handler: Handler) -> None:
        self._units.commit(lambda: (None, [self._decide_step(job, data, handler)]))

    def _decide_step(self, job: Job, data: object, handler: Handler) -> Transaction:
        decisions = self._units.decide([(f"job:{job.id}", data, handler)])
        (outcome,) = decisions.outcomes
        if outcome.failure is not None:
            raise outcome.failure
        return self._units.transaction(decisions)


def _is_same(seen: Job, stored: Job) -> bool:
    """Return whether the stored job is where this worker has left it."""
    return (seen.id, seen.upload, seen.done, seen.total, seen.starts) == (
        stored.id, stored.upload, stored.done, stored.total, stored.starts,
    )  # fmt: skip


def _skip(rows: Iterator[RawRow], number: int) -> int:
    """Read so many rows, or those that there are; return how many."""
    return sum(1 for _ in islice(rows, number))
