"""The metrics of jobs. Labels are kinds and outcomes: no id and no word of a file."""

from itertools import product
from typing import Final, get_args

from prometheus_client import Counter, Gauge

from shared.contracts.jobs import ImportKind
from shared.jobs.domain import Counted

ROWS: Final = Counter("lianshan_job_rows", "Rows of files that were decided, by outcome.", ("kind", "outcome"))
STILL: Final = Gauge("lianshan_jobs_still_seconds", "How long the job that a worker could take on has not gone on.")

OUTCOMES: Final = ("taken", "unchanged", "bad")
for _kind, _outcome in product(get_args(ImportKind), OUTCOMES):
    # From the start at 0: the increase of a series that begins with its first row would miss that one.
    ROWS.labels(_kind, _outcome)


def count_rows(kind: str, part: Counted) -> None:
    """Count the rows of a part that is committed."""
    for outcome, number in zip(OUTCOMES, (part.taken, part.unchanged, part.bad), strict=True):
        ROWS.labels(kind, outcome).inc(number)
