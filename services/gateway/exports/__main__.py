"""`python -m services.gateway.exports` writes exports of reports. Plain Python; it needs MongoDB alone."""

import shared.runtime.garbage  # noqa: F401  # isort: skip - it makes the later imports cheap

import sys
from typing import Final

from pymongo.database import Database
from pymongo.errors import PyMongoError

from services.gateway.declaration import DECLARATION
from services.gateway.exports.settings import ExportSettings
from services.gateway.exports.worker import CHECKS, ExportWorker
from services.gateway.features.exports.records import INDEXES, PARTS
from shared.engine.decide.schema import Document
from shared.engine.run.plain_process import EXIT_FAILED, run_worker
from shared.engine.run.startup import check_port, check_start_of_store
from shared.engine.store.collections import ensure_indexes
from shared.engine.store.opening import open_store
from shared.engine.store.release_mark import mark_store
from shared.engine.store.schema_registry import refused
from shared.runtime import failpoints
from shared.runtime.clock import machine_now
from shared.runtime.errors import CannotStartError
from shared.runtime.logging import configure_logging, describe
from shared.runtime.settings import load

NAME: Final = "exports"
SERVICE: Final = "gateway"


def _hindrance(settings: ExportSettings, database: Database[Document]) -> str | None:
    """The reason why the process cannot start, in a line for the operator."""
    try:
        if settings.health_port:
            check_port("health_port", settings.health_host, settings.health_port)
        check_start_of_store(settings, SERVICE, settled_by=PARTS)
        if why := refused(database, DECLARATION.name, DECLARATION.schemas):
            return why
        # Before anything else stands in the store: each process of the gateway may be the first.
        mark_store(database, machine_now())
        ensure_indexes(database, INDEXES, engine=False)
    except CannotStartError as error:
        return str(error)
    except PyMongoError as error:
        return f"LIANSHAN_MONGO_URI: the store could not be prepared ({describe(error)}): start again when it can"
    return None


def main() -> int:
    """Run until SIGTERM or SIGINT; return the exit code: 1 where it cannot start; a bad setting exits with 2."""
    settings = load(ExportSettings)
    configure_logging(NAME, settings.log_level)
    failpoints.arm(settings.failpoints)
    database = open_store(settings, SERVICE)
    if (why := _hindrance(settings, database)) is not None:
        sys.stderr.write(f"{why}\n")
        return EXIT_FAILED
    run_worker(settings, NAME, CHECKS, ExportWorker(database))
    return 0


if __name__ == "__main__":
    sys.exit(main())
