"""Jobs (作业) at `/v1/jobs`, seen with the permission for them alone; imports begin them, at `/v1/imports`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.jobs import JobShape
from shared.contracts.stations.jobs import (
    CancelStationsJob,
    CloseStationsJob,
    StationsJobBegun,
    StationsJobCancelled,
    StationsJobClosed,
    StationsJobDone,
    StationsJobFailed,
    StationsJobOverdue,
    StationsJobProgressed,
    StationsJobQueued,
)

FEATURE: Final = plain_feature(
    "jobs",
    path="jobs",
    noun="job",
    shape=JobShape,
    events=(
        StationsJobBegun,
        StationsJobQueued,
        StationsJobProgressed,
        StationsJobDone,
        StationsJobFailed,
        StationsJobCancelled,
        StationsJobClosed,
        StationsJobOverdue,
    ),
    create=None,
    actions={"cancel": CancelStationsJob, "close": CloseStationsJob},
    filters=("state", "kind"),
    counted=("state", "kind"),
)
