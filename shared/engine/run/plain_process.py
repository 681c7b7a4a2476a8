"""A plain worker process of a service, without nameko and eventlet: its start, its health, its parts and its end."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from threading import Event, Thread
from time import monotonic
from typing import Final, NamedTuple, Protocol

from pymongo import IndexModel
from pymongo.database import Database
from pymongo.errors import PyMongoError

from shared.engine.amqp.broker import BROKER_ERRORS, BrokerUnreachableError
from shared.engine.amqp.topology import commands_queue, events_queue
from shared.engine.decide.limits import Conflict, NotCommittableError
from shared.engine.decide.schema import Document, Schema
from shared.engine.run.service import Declaration
from shared.engine.run.startup import check_port, check_start
from shared.engine.store.collections import IndexConflictError
from shared.engine.store.errors import StoreUnreachableError
from shared.engine.store.schema_registry import StoreTooNewError, prepare
from shared.runtime.errors import CannotStartError
from shared.runtime.garbage import keep_loaded
from shared.runtime.logging import describe, get_logger, where
from shared.runtime.plain_health import health_server
from shared.runtime.settings import ServiceSettings
from shared.runtime.vault import Vault, open_vault

EXIT_FAILED: Final = 1
NICE: Final = 5
"""Steps by which it stands behind the services on one machine: a job or a message may take a moment, an answer may not.
"""
REST_SECONDS: Final = 2.0
"""The pause after a server was lost."""
SILENT_SECONDS: Final = 30.0
"""After so long without an end of a step a part is not ready."""
LOST: Final = (
    PyMongoError, StoreUnreachableError, Conflict, NotCommittableError, *BROKER_ERRORS, BrokerUnreachableError,
)  # fmt: skip


class StoredService(NamedTuple):
    """The stored forms of the service whose process this is."""

    name: str
    indexes: Mapping[str, Sequence[IndexModel]]
    schemas: Mapping[str, Schema]
    vault: Vault | None


class Worker(Protocol):
    """The work of the process."""

    def run(self) -> None:
        """Work until stopped."""

    def stop(self) -> None:
        """Have `run` return after the work at hand."""

    def faults(self) -> dict[str, str]:
        """Return the reasons why it is not ready, by the name of the check."""


class Parts:
    """The parts of a worker that go on side by side: each rests after a failure, and one that is silent is not ready.

    `name` begins the lines of the log: `jobs_rest`, `jobs_failed`.
    """

    def __init__(self, name: str, checks: Collection[str], stopping: Event) -> None:
        self._name, self._stopping = name, stopping
        self._ended = dict.fromkeys(checks, monotonic())
        self._wrong: dict[str, str] = {}

    def faults(self, *, silence: bool = True) -> dict[str, str]:
        """Return the reasons why the worker is not ready; with `silence` also the parts that have not ended a step."""
        now, wrong = monotonic(), dict(self._wrong)
        for name, ended in self._ended.items() if silence else ():
            if now - ended > SILENT_SECONDS:
                wrong.setdefault(name, f"nothing has ended for {now - ended:.0f} s")
        return wrong

    def guard(self, part: str, work: Callable[[], object]) -> bool:
        """Do the work of a part; rest where a server is lost, or anything fails. Return whether it went well."""
        try:
            work()
        except LOST as error:
            get_logger().warning(f"{self._name}_rest", part=part, error=describe(error))
            self._rest(part, error)
            return False
        except Exception as error:  # noqa: BLE001 - else its thread would end, and the process go on without
            get_logger().error(f"{self._name}_failed", part=part, error=describe(error), where=where(error))
            self._rest(part, error)
            return False
        self.note(part)
        return True

    def note(self, part: str) -> None:
        """Note that the part has ended a step."""
        self._ended[part] = monotonic()
        self._wrong.pop(part, None)

    def _rest(self, part: str, error: Exception) -> None:
        self._wrong[part] = describe(error)
        self._stopping.wait(REST_SECONDS)


def find_hindrance(settings: ServiceSettings, declaration: Declaration, database: Database[Document]) -> str | None:
    """Return the reason why the process cannot start, in a line for the operator; prepare the store otherwise."""
    service = declaration.name
    try:
        if settings.health_port:
            check_port("health_port", settings.health_host, settings.health_port)
        check_start(settings, service, [events_queue(service), commands_queue(service)])
        # As the service does: each of its processes may be the first in a new store.
        vault = open_vault(settings, service)
        prepare(database, StoredService(service, declaration.indexes, declaration.schemas, vault))
    except (CannotStartError, StoreTooNewError, IndexConflictError) as error:
        return str(error)
    except PyMongoError as error:
        return f"LIANSHAN_MONGO_URI: the store could not be prepared ({describe(error)}): start again when it can"
    return None


def run_worker(settings: ServiceSettings, name: str, checks: Collection[str], worker: Worker, **shown: object) -> None:
    """Run the worker until SIGTERM or SIGINT, with health and metrics beside it; end the process."""
    health = health_server(settings, name, checks, worker.faults)
    if health is not None:
        Thread(target=lambda: asyncio.run(health.serve()), name="health", daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    keep_loaded()
    os.nice(NICE)
    get_logger().info("started", pid=os.getpid(), **shown)
    worker.run()
    get_logger().info("stopped")
    sys.stdout.flush()
    # A thread that hangs, as one of an adapter, would be waited for by the interpreter.
    os._exit(0)
