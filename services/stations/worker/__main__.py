"""`python -m services.stations.worker` runs the jobs of stations. Plain Python."""

import shared.runtime.garbage  # noqa: F401  # isort: skip - it makes the later imports cheap

import sys
from typing import Final

from services.stations.declaration import DECLARATION
from services.stations.jobs import JOBS
from services.stations.jobs.kinds import KINDS
from services.stations.settings import WorkerSettings
from shared.engine.run.plain_process import EXIT_FAILED, find_hindrance, run_worker
from shared.engine.store.opening import open_store
from shared.jobs.process import CHECKS, JobWorker
from shared.runtime import failpoints
from shared.runtime.clock import Clock
from shared.runtime.logging import configure_logging
from shared.runtime.settings import load
from shared.runtime.vault import open_vault

NAME: Final = "stations-worker"
SERVICE: Final = "stations"


def main() -> int:
    """Run until SIGTERM or SIGINT; return the exit code: 1 where it cannot start; a bad setting exits with 2."""
    settings = load(WorkerSettings)
    configure_logging(NAME, settings.log_level)
    failpoints.arm(settings.failpoints)
    database = open_store(settings, SERVICE)
    if (why := find_hindrance(settings, DECLARATION, database)) is not None:
        sys.stderr.write(f"{why}\n")
        return EXIT_FAILED
    vault = open_vault(settings, SERVICE)
    policies = [c.policy.of(settings) for c in DECLARATION.capabilities if c.policy is not None]
    worker = JobWorker(
        settings, database, Clock(movable=settings.movable_clock), vault, service=SERVICE, jobs=JOBS, kinds=KINDS,
        handlers=DECLARATION.handlers(*policies, vault=vault), zone=settings.city_zone,
    )  # fmt: skip
    run_worker(settings, NAME, CHECKS, worker, kinds=sorted(KINDS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
