"""`python -m services.volunteering.worker` sends notices to volunteers. Plain Python, with threads."""

from shared.runtime.garbage import keep_loaded  # isort: skip - it makes the later imports cheap

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from threading import Thread
from typing import Final, NamedTuple

from pymongo import IndexModel
from pymongo.database import Database
from pymongo.errors import PyMongoError

from services.volunteering.declaration import DECLARATION
from services.volunteering.worker.adapters.ways import make_adapters
from services.volunteering.worker.settings import WorkerSettings
from services.volunteering.worker.worker import CHECKS, NAME, Worker
from shared.engine.amqp.topology import commands_queue, events_queue
from shared.engine.decide.schema import Document, Schema
from shared.engine.run.startup import check_port, check_start
from shared.engine.store.collections import IndexConflictError
from shared.engine.store.opening import open_store
from shared.engine.store.schema_registry import StoreTooNewError, prepare
from shared.runtime import failpoints
from shared.runtime.clock import Clock
from shared.runtime.errors import CannotStartError
from shared.runtime.logging import configure_logging, describe, get_logger
from shared.runtime.plain_health import health_server
from shared.runtime.settings import load
from shared.runtime.vault import Vault, open_vault

SERVICE: Final = "volunteering"
EXIT_FAILED: Final = 1
NICE: Final = 5
"""Steps by which it stands behind the services on one machine: a message may take a moment, an answer may not."""


class StoredService(NamedTuple):
    """The stored forms of the service whose process this is."""

    name: str
    indexes: Mapping[str, Sequence[IndexModel]]
    schemas: Mapping[str, Schema]
    vault: Vault | None


def _find_hindrance(settings: WorkerSettings, database: Database[Document]) -> str | None:
    """Return the reason why the process cannot start, in a line for the operator."""
    try:
        if settings.health_port:
            check_port("health_port", settings.health_host, settings.health_port)
        check_start(settings, SERVICE, [events_queue(SERVICE), commands_queue(SERVICE)])
        # As the service does: each of its processes may be the first in a new store.
        vault = open_vault(settings, SERVICE)
        prepare(database, StoredService(SERVICE, DECLARATION.indexes, DECLARATION.schemas, vault))
    except (CannotStartError, StoreTooNewError, IndexConflictError) as error:
        return str(error)
    except PyMongoError as error:
        return f"LIANSHAN_MONGO_URI: the store could not be prepared ({describe(error)}): start again when it can"
    return None


def main() -> int:
    """Run until SIGTERM or SIGINT; return the exit code: 1 where it cannot start; a bad setting exits with 2."""
    settings = load(WorkerSettings)
    configure_logging(NAME, settings.log_level)
    failpoints.arm(settings.failpoints)
    database = open_store(settings, SERVICE)
    clock = Clock(movable=settings.movable_clock)
    try:
        adapters, why = make_adapters(settings, clock), _find_hindrance(settings, database)
    except OSError as error:
        adapters, why = {}, f"LIANSHAN_NOTICE_CA_FILE: {error}; name a file of certificates that can be read"
    if why is not None:
        sys.stderr.write(f"{why}\n")
        return EXIT_FAILED
    worker = Worker(settings, database, clock, adapters)
    health = health_server(settings, NAME, CHECKS, worker.faults)
    if health is not None:
        Thread(target=lambda: asyncio.run(health.serve()), name="health", daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    keep_loaded()
    os.nice(NICE)
    get_logger().info("started", pid=os.getpid(), ways=sorted(adapters))
    worker.run()
    get_logger().info("stopped")
    sys.stdout.flush()
    # An adapter that hangs holds a thread of its pool, which the interpreter would wait for.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
