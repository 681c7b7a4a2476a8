"""The parts of a replica's process: the real processor without log and metrics, its clock, and the trouble of a try."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from pymongo.errors import AutoReconnect

from shared.engine.decide.handlers import Handling
from shared.engine.run.processor import Processor
from shared.engine.run.service import ServiceSpec
from shared.runtime.clock import CityTime, Clock, MachineTime
from tests.city.mongo import Database

UNKNOWN: Final = "UnknownTransactionCommitResult"


class StumbleError(RuntimeError):
    """The trouble of one try: the next one goes well."""


def unknown_outcome() -> AutoReconnect:
    """Return the error of a commit whose answer was lost."""
    error = AutoReconnect("connection closed while the commit was under way")
    error._add_error_label(UNKNOWN)
    return error


class SkewedClock(Clock):
    """A clock of the city: both of its times are those that the replica's machine shows."""

    def __init__(self, read: Callable[[], datetime]) -> None:
        super().__init__()
        self._read = read

    def machine(self) -> MachineTime:
        return MachineTime(self._read())

    def city(self) -> CityTime:
        return CityTime(self._read())


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
