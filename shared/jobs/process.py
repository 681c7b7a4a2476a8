"""The worker process of a service's jobs: one thread that takes them on, with its health.

Beside it a thread reads the part of the rows that comes next, and another publishes the events of the last one.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic
from typing import Final
from zoneinfo import ZoneInfo

from pymongo.database import Database

from shared.engine.decide.handlers import Handlers
from shared.engine.decide.schema import Document
from shared.engine.run.plain_process import Parts
from shared.engine.run.units import Units
from shared.engine.store.sealing import follow_sealing
from shared.jobs.deciding import Kinds
from shared.jobs.domain import Job
from shared.jobs.figures import STILL
from shared.jobs.handlers import Jobs
from shared.jobs.running import Runner
from shared.runtime.clock import Clock
from shared.runtime.control import Control
from shared.runtime.garbage import GarbageCollector
from shared.runtime.settings import ServiceSettings
from shared.runtime.vault import Vault

PART: Final = "jobs"
CHECKS: Final = (PART,)
IDLE_SECONDS: Final = 0.5
"""How often an idle worker looks for a job."""
CONTROL_SECONDS: Final = 1.0
SWITCH_SECONDS: Final = 0.0005
"""How long a thread of the worker keeps the interpreter from another: at Python's own 5 ms an answer of MongoDB, which
takes 1 to 3 ms, would wait longer for the thread that reads ahead than for MongoDB.
"""
LOOK_SECONDS: Final = 1.0
"""How often the job in hand is taken again between two parts: its lease lasts several times as long."""


class JobWorker:
    """Runs until `stop`. Several share the jobs by lease; a pause of the service pauses it, too."""

    def __init__(
        self, settings: ServiceSettings, database: Database[Document], clock: Clock, vault: Vault,
        *, service: str, jobs: Jobs, kinds: Kinds, handlers: Handlers, zone: ZoneInfo,
    ) -> None:  # fmt: skip
        self._database, self._vault, self._clock, self._stopping = database, vault, clock, Event()
        self._parts = Parts("jobs", CHECKS, self._stopping)
        self._control = Control(database, clock, f"{service}-worker")
        self._next_control = 0.0
        self._garbage = GarbageCollector()
        # A thread for each: a broker that is slow to confirm holds up no reading.
        publishing, reading = ThreadPoolExecutor(1, "publishing"), ThreadPoolExecutor(1, "reading")
        name = f"{service} jobs"
        self._units = Units(database, settings.amqp_uri, clock, name, kept=True, beside=publishing)
        self._runner = Runner(
            database, self._units, vault, jobs, kinds, handlers=handlers, zone=zone, clock=clock, beside=reading,
            look_every=LOOK_SECONDS,
        )  # fmt: skip

    def stop(self) -> None:
        """Have `run` return after the part of the job at hand."""
        self._stopping.set()

    def faults(self) -> dict[str, str]:
        """Return the reasons why it is not ready, by the name of the check."""
        return self._parts.faults()

    def run(self) -> None:
        """Take jobs on until stopped. In a process of its own: it sets the pace at which threads change."""
        sys.setswitchinterval(SWITCH_SECONDS)
        # Before anything is dated: until then the clock is that of this host.
        while not self._stopping.is_set() and not self._parts.guard(PART, self._refresh):
            continue
        while not self._stopping.is_set():
            self._parts.guard(PART, self._step)
        self._units.release()

    def _step(self) -> None:
        # Each refused row leaves a cycle of its exception, frames and models: a kibibyte for every row of a file.
        self._garbage.collect(monotonic())
        if monotonic() >= self._next_control:
            self._refresh()
        if self._control.paused or not self._runner.step():
            self._units.release()
            self._stopping.wait(IDLE_SECONDS)

    def _refresh(self) -> None:
        """Read the pause, the time and the form of seals from the store, and measure how long a job stands still."""
        self._next_control = monotonic() + CONTROL_SECONDS
        self._control.refresh()
        form = self._vault.bound, self._vault.index
        follow_sealing(self._database, self._vault)
        if form != (self._vault.bound, self._vault.index):
            self._runner.forget()  # a part read ahead has names hashed in the form of before
        # The job that has stood still for longest, also where another worker has it.
        still = self._database[Job.collection].find_one({"due": {"$lte": self._clock.city()}}, sort=[("moved_at", 1)])
        moved = None if still is None else Job.from_document(still).moved_at
        STILL.set(0.0 if moved is None else max(0.0, self._clock.city().timestamp() - moved.timestamp()))
