"""Jobs of stations: imports of areas and needs. `shared/contracts/jobs.py` has their fields and rules."""

from typing import ClassVar

from shared.contracts.jobs import (
    AddFilePart,
    BeginImport,
    CancelJob,
    CloseJob,
    JobBegun,
    JobCancelled,
    JobClosed,
    JobDone,
    JobFailed,
    JobOverdue,
    JobProgressed,
    JobQueued,
    ListRowErrors,
)
from shared.contracts.messages import command, event, query


@event
class StationsJobBegun(JobBegun):
    """A job of stations was begun: it waits for its file."""

    type: ClassVar[str] = "stations.job.begun"


@event
class StationsJobQueued(JobQueued):
    """The file of a job of stations is there: the job waits for a worker."""

    type: ClassVar[str] = "stations.job.queued"


@event
class StationsJobProgressed(JobProgressed):
    """A job of stations has gone on."""

    type: ClassVar[str] = "stations.job.progressed"


@event
class StationsJobDone(JobDone):
    """Every row of a job of stations is decided."""

    type: ClassVar[str] = "stations.job.done"


@event
class StationsJobFailed(JobFailed):
    """A job of stations has ended before its last row."""

    type: ClassVar[str] = "stations.job.failed"


@event
class StationsJobCancelled(JobCancelled):
    """A job of stations was cancelled."""

    type: ClassVar[str] = "stations.job.cancelled"


@event
class StationsJobClosed(JobClosed):
    """The errors of a job of stations were seen to."""

    type: ClassVar[str] = "stations.job.closed"


@event
class StationsJobOverdue(JobOverdue):
    """The next step of a job of stations is overdue."""

    type: ClassVar[str] = "stations.job.overdue"


@command
class BeginStationsImport(BeginImport):
    """Begin the import of a file of areas or needs; its bytes follow. Answers JobShape."""

    to: ClassVar[str] = "stations"


@command
class AddStationsFilePart(AddFilePart):
    """Keep the next part of the file of a job of stations. Answers JobShape."""

    to: ClassVar[str] = "stations"


@command
class CancelStationsJob(CancelJob):
    """Cancel a job of stations; the rows decided before stay so. Answers JobShape."""

    to: ClassVar[str] = "stations"


@command
class CloseStationsJob(CloseJob):
    """Close an ended job of stations whose errors were seen to. Answers JobShape."""

    to: ClassVar[str] = "stations"


@query
class ListStationsRowErrors(ListRowErrors):
    """List the row errors of a job of stations."""

    to: ClassVar[str] = "stations"
