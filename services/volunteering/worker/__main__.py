"""`python -m services.volunteering.worker` sends notices to volunteers. Plain Python, with threads."""

import shared.runtime.garbage  # noqa: F401  # isort: skip - it makes the later imports cheap

import sys
from typing import Final

from services.volunteering.declaration import DECLARATION
from services.volunteering.worker.adapters.ways import make_adapters
from services.volunteering.worker.settings import WorkerSettings
from services.volunteering.worker.worker import CHECKS, NAME, Worker
from shared.engine.run.plain_process import EXIT_FAILED, find_hindrance, run_worker
from shared.engine.store.opening import open_store
from shared.runtime import failpoints
from shared.runtime.clock import Clock
from shared.runtime.logging import configure_logging
from shared.runtime.settings import load

SERVICE: Final = "volunteering"


def main() -> int:
    """Run until SIGTERM or SIGINT; return the exit code: 1 where it cannot start; a bad setting exits with 2."""
    settings = load(WorkerSettings)
    configure_logging(NAME, settings.log_level)
    failpoints.arm(settings.failpoints)
    database = open_store(settings, SERVICE)
    clock = Clock(movable=settings.movable_clock)
    try:
        adapters, why = make_adapters(settings, clock), find_hindrance(settings, DECLARATION, database)
    except OSError as error:
        adapters, why = {}, f"LIANSHAN_NOTICE_CA_FILE: {error}; name a file of certificates that can be read"
    if why is not None:
        sys.stderr.write(f"{why}\n")
        return EXIT_FAILED
    run_worker(settings, NAME, CHECKS, Worker(settings, database, clock, adapters), ways=sorted(adapters))
    return 0


if __name__ == "__main__":
    sys.exit(main())
