"""A worker of jobs without servers: it takes a job on as the runner does, part by part, over the engine in memory."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from services.stations.declaration import DECLARATION
from services.stations.jobs import JOBS
from services.stations.jobs.kinds import KINDS
from services.stations.needs.policy import NeedsPolicy
from shared.contracts.access import Actor
from shared.contracts.jobs import PART_BYTES, RowError
from shared.contracts.stations.jobs import AddStationsFilePart, BeginStationsImport
from shared.engine import Handler
from shared.engine.decide.batch import decide
from shared.engine.decide.memory import TESTER, MemoryEngine
from shared.jobs.deciding import RowDecider
from shared.jobs.domain import FilePart, Job, KeptError
from shared.jobs.handlers import part_id, part_place
from shared.jobs.kinds import Reading
from shared.jobs.reading import error_place
from shared.jobs.running import OpenJob
from shared.jobs.steps import Broken, Checked, Cleaned, Decided, Started, Steps
from shared.runtime.vault import Vault
from shared.tables.problems import FileProblem
from shared.tables.table import Table, open_table

CITY = ZoneInfo("Asia/Shanghai")
DISTRICT = "110102"


@dataclass
class WorkerInMemory:
    """The stations with a worker that decides `most` rows in a part."""

    vault: Vault = field(default_factory=lambda: Vault(bytes(32), "stations"))
    most: int = 3

    def __post_init__(self) -> None:
        self.engine = MemoryEngine(DECLARATION.handlers(NeedsPolicy(), vault=self.vault))
        self.steps = Steps(JOBS, self.vault)
        self.handlers = DECLARATION.handlers(NeedsPolicy(), vault=self.vault)

    def begin(self, content: bytes, actor: Actor = TESTER, **asked: Any) -> str:
        """Begin an import of areas of the district and bring its file; return the id of the job."""
        begun = BeginStationsImport.model_validate({"kind": "areas", "area": DISTRICT, **asked})
        job: str = self.engine.command(begun, actor=actor).id
        parts = [content[at : at + PART_BYTES] for at in range(0, len(content), PART_BYTES)] or [b""]
        for number, part in enumerate(parts):
            self.engine.command(
                AddStationsFilePart(
                    id=job, upload="upload", number=number, last=number == len(parts) - 1,
                    content=base64.b64encode(part).decode(),
                ), actor=actor,
            )  # fmt: skip
        return job

    def job(self, job_id: str) -> Job:
        return self.engine.one(Job, job_id)

    def step(self, data: Any, handler: Handler) -> None:
        """Commit one unit of work. Raises its failure."""
        message = self.engine.incoming("timer", data, type(data).__name__, "step")
        decisions = decide([(message, handler)], self.engine.fetch, self.engine.now)
        if decisions.outcomes[0].failure is not None:
            raise decisions.outcomes[0].failure
        self.engine.keep(decisions)
        self.engine.seen.clear()

    def open(self, job: Job) -> Table:
        def pieces() -> Any:
            for number in range(job.parts):
                place = part_id(job.id, number)
                yield base64.b64decode(self.vault.open(self.engine.one(FilePart, place).sealed, *part_place(place)))

        return open_table(job.format, pieces, KINDS[job.kind].columns, job.sheet, KINDS[job.kind].ignored)

    def run(self, job_id: str, parts: int = 1_000) -> Job:
        """Take the job on as a worker that dies after so many parts of rows."""
        self.step(Started(self.job(job_id)), self.steps.start)
        try:
            if self.job(job_id).total is None:
                total = sum(1 for _ in self.open(self.job(job_id)).rows)
                self.step(Checked(self.job(job_id), total), self.steps.check)
        except FileProblem as problem:
            self.step(Broken(self.job(job_id), problem.reason), self.steps.fail)
            return self.job(job_id)
        table = self.open(self.job(job_id))
        rows = list(table.rows)
        kind, reading = KINDS[self.job(job_id).kind], Reading(DISTRICT, CITY, "wgs84")
        hand = OpenJob(self.job(job_id), kind, table, reading, 0, counted=False)
        hand.note(rows[: hand.job.done])
        while (job := self.job(job_id)).state == "running" and parts:
            self._decide(job, rows[job.done : job.done + self.most], hand)
            parts -= 1
        return self.job(job_id)

    def _decide(self, job: Job, raws: Sequence[Any], hand: OpenJob) -> None:
        decider = RowDecider(KINDS[job.kind], self.handlers, self.engine.fetch, self.vault)
        reading = Reading(job.area, CITY, job.coordinates)
        twice = hand.note(raws)
        header = hand.table.header
        part = decider.prepare(job, raws, header, reading, self.engine.now, twice=twice)
        decisions, counted = decider.decide(job, part, header, self.engine.now)
        if decisions is not None and not job.dry_run:
            self.engine.keep(decisions)
        self.step(Decided(job, counted, job.done + len(raws) >= (job.total or 0)), self.steps.decide)

    def clean(self, job_id: str) -> None:
        self.step(Cleaned(self.job(job_id)), self.steps.clean)

    def errors(self, job_id: str) -> list[RowError]:
        kept = [one for one in self.engine.all(KeptError) if one.job_id == job_id]
        return [RowError.model_validate_json(self.vault.open(one.sealed, *error_place(one.id))) for one in kept]
