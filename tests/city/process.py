"""The parts of a replica's process: the real processor without log and metrics, its clock, and the trouble of a try."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from pymongo.errors import AutoReconnect

from shared.engine.decide.handlers import Handling
from shared.engine.run.processor import Processor
from shared.engine.run.service import ServiceSpec
from shared.runtime.clock import Clock, MachineTime
from tests.city.mongo import Database

UNKNOWN: Final = "UnknownTransactionCommitResult"


class StumbleError(RuntimeError):
    """The trouble of one try: the next one goes well."""


def unknown_outcome() -> AutoReconnect:
    """Return the error of a commit whose answer was lost."""
    error = AutoReconnect("connection closed while the commit was under way")
    error._add_error_label(UNKNOWN)
    return error


WALL_SKEW: Final = 600.0
"""How far the clock of a process's host may be from the store's, in seconds: no decision goes by it."""


class SkewedClock(Clock):
    """The clock of a process in the city: its host's own is ten minutes off, and its reading of the store's imprecise.

    `read` gives the store's time as the process measures it, `monotonic` the host's seconds from any start.
    """

    def __init__(self, read: Callable[[], datetime], monotonic: Callable[[], float], wall_skew: float) -> None:
        super().__init__(monotonic=monotonic, wall=lambda: read().timestamp() + wall_skew)
        self._read = read
        self._seconds = monotonic

    def machine(self) -> MachineTime:
        if self.stale:
            self.observe(self._read(), self._seconds(), self._seconds())
        return super().machine()


class Nothing:
    """Takes every call of a log or a metric."""

    def __getattr__(self, name: str) -> "Nothing":
        self.__dict__[name] = self  # found at once from now on
        return self

    def __call__(self, *_: object, **__: object) -> "Nothing":
        return self


NOTHING: Final = Nothing()


def stumble(_: object) -> Handling:
    raise StumbleError
    yield  # a handler is a generator


def build_processor(spec: ServiceSpec, database: Database, clock: Clock, pause: Callable[[float], None]) -> Processor:
    """Return the real processor over a database in memory."""
    processor = Processor(spec, database, clock, pause)  # type: ignore[arg-type]
    # Failures are part of the plan here: the laws judge them, not a log or a metric.
    processor.metrics = processor._failures._metrics = processor._failures._log = NOTHING  # type: ignore[assignment]
    return processor
