"""Jobs (作业) of stations: imports of files of areas, needs and people, row by row, in the name of the one who began.

Owns `jobs`, `job_slots`, `job_file_parts` and `job_errors`; `shared/jobs` has the rules. Files and errors are sealed,
and deleted: a file when its job ends, errors after 30 days.
"""

from typing import ClassVar, Final

from services.stations.jobs.kinds import KINDS
from shared.contracts.stations import jobs as contract
from shared.jobs.domain import JobDue, JobStepDue
from shared.jobs.handlers import JobMessages, Jobs


class StationsJobDue(JobDue):
    """The time for the file of a job, or of its row errors, is over."""

    type: ClassVar[str] = "stations.job_due"


class StationsJobStepDue(JobStepDue):
    """The next step of a job is overdue: the next level is reminded."""

    type: ClassVar[str] = "stations.job_step_due"


JOBS: Final = Jobs(
    JobMessages(
        begin=contract.BeginStationsImport,
        add=contract.AddStationsFilePart,
        cancel=contract.CancelStationsJob,
        close=contract.CloseStationsJob,
        begun=contract.StationsJobBegun,
        queued=contract.StationsJobQueued,
        progressed=contract.StationsJobProgressed,
        done=contract.StationsJobDone,
        failed=contract.StationsJobFailed,
        cancelled=contract.StationsJobCancelled,
        closed=contract.StationsJobClosed,
        overdue=contract.StationsJobOverdue,
        errors=contract.ListStationsRowErrors,
        due=StationsJobDue,
        step_due=StationsJobStepDue,
    ),
    {name: kind.permission for name, kind in KINDS.items()},
)
CAPABILITY: Final = JOBS.declare()
