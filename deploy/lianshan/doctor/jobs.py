"""The check of the jobs: each that a worker could take on goes on."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from deploy.lianshan.doctor.finding import Finding, Platform
from shared.contracts.reasons import reason

STILL: Final = timedelta(minutes=5)
"""A job that a worker could take on, and that has not gone on for so long, has no worker, or one that fails."""
SERVICE: Final = "stations"
_CHECK: Final = "jobs"
_MOST_COUNTED: Final = 1_000


def check_jobs(platform: Platform) -> Iterator[Finding]:
    """Yield whether jobs wait that no worker takes on."""
    since = platform.clock.city() - STILL
    rule = {"due": {"$lte": since}, "moved_at": {"$lte": since.isoformat().replace("+00:00", "Z")}}
    still = platform.store(SERVICE)["jobs"].count_documents(rule, limit=_MOST_COUNTED)
    if still:
        yield Finding(_CHECK, "failed", reason("jobs_stand_still", count=still), reason("see_job_worker"))
    else:
        yield Finding(_CHECK, "ok", reason("jobs_go_on"))
