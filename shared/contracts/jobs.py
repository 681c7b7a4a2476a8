"""Jobs (作业): work that a service does in its worker process, part by part; and the forms of their messages.

The module `jobs` of each service has its own messages. An import (导入) is a job that takes in the rows of a file: each
row is decided as a command in the name of the actor who began the job.
"""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints

from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.messages import OPEN, Answer, EventData, Id, Instant, PublicLabel, Query, Scope
from shared.contracts.plain import Action, Creation, Reminder, Shape
from shared.contracts.reasons import Reason

ImportKind = Literal["areas", "needs", "workers", "residents", "screenings"]
"""The things that a file's rows are: 行政区划, 需求, 社工, 居民, 筛查结果."""
JobState = Literal["receiving", "waiting", "running", "done", "failed", "cancelled"]
FileFormat = Literal["csv", "xlsx", "json"]
CoordinateSystem = Literal["wgs84", "gcj02", "bd09"]
"""WGS-84, 国测局坐标 (GCJ-02), 百度坐标 (BD-09)."""
MOST_FILE_BYTES: Final = 16 * 1024 * 1024
MOST_ROWS: Final = 200_000
"""Rows of one file."""
MOST_ERRORS: Final = 10_000
"""Row errors that a job keeps; further bad rows are counted."""
PART_BYTES: Final = 160 * 1024
"""Bytes of a file in one command: in base64 and with its envelope below the 256 KiB of a command."""
MOST_PARTS: Final = -(-MOST_FILE_BYTES // PART_BYTES)
ColumnName = Annotated[str, StringConstraints(max_length=64)]


class JobShape(Shape):
    """A job as it stands: the rows of its file, those taken in, unchanged and bad, and the problem that ended it."""

    kind: Annotated[ImportKind, OPEN] = Field(description="The things that the rows are.")
    state: Annotated[JobState, OPEN]
    dry_run: bool = Field(description="Whether the rows are checked only: nothing changes.")
    bytes: int = Field(default=0, description="The size of the file.")
    total: int | None = Field(default=None, description="The rows of the file, known once it is checked as a whole.")
    done: int = Field(default=0, description="The rows decided so far.")
    taken: int = Field(default=0, description="The rows that changed something, or would in a dry run.")
    unchanged: int = Field(default=0, description="The rows that were there already.")
    bad: int = Field(default=0, description="The rows that were refused; each has its errors.")
    problem: Reason | None = Field(default=None, description="The reason why the job failed.")
    begun_at: Instant = Field(description="When the job was begun.")
    ended_at: Instant | None = Field(default=None, description="When the job ended; null until then.")
    kept_until: Instant | None = Field(default=None, description="Until then the row errors are kept.")
    closed_at: Instant | None = Field(default=None, description="When somebody had seen to the errors.")
    reminder: Reminder | None = None


class JobBegun(JobShape, EventData):
    """A job was begun: it waits for its file."""


class JobQueued(JobShape, EventData):
    """The file of a job is there: the job waits for a worker."""


class JobProgressed(JobShape, EventData):
    """A job has gone on. Not every part is announced."""


class JobDone(JobShape, EventData):
    """Every row of a job is decided."""


class JobFailed(JobShape, EventData):
    """A job has ended before its last row, for its `problem`; the rows before are decided."""


class JobCancelled(JobShape, EventData):
    """A job was cancelled; the rows decided before stay so."""


class JobClosed(JobShape, EventData):
    """The errors of a job were seen to, or their time is over: nothing is left to do."""


class JobOverdue(JobShape, EventData):
    """The next step of a job is overdue, and the next level is reminded."""


class BeginImport(Creation):
    """Begin the import of a file of an office; its bytes follow. Answers JobShape."""

    type: ClassVar[str] = "BeginImport"
    permission: ClassVar[Permission] = "jobs:manage"
    scope: ClassVar[Scope] = Scope(named=("area",))
    kind: ImportKind = Field(description="The things that the rows are.")
    area: AreaCode = Field(description="The area that the file is about; rows elsewhere are refused.")
    format: FileFormat | None = Field(default=None, description="The form of the file; none: that of its first bytes.")
    dry_run: bool = Field(default=False, description="Check the rows only: nothing changes.")
    sheet: PublicLabel | None = Field(default=None, description="The sheet of a workbook; none: its one visible sheet.")
    coordinates: CoordinateSystem = Field(default="wgs84", description="The system of the columns of coordinates.")


class AddFilePart(Action):
    """Keep the next part of a job's file, sealed; the first one begins the file again. Answers JobShape."""

    type: ClassVar[str] = "AddFilePart"
    permission: ClassVar[Permission] = "jobs:manage"
    upload: Id = Field(description="Names the request that brings the file: parts of two never mix.")
    number: int = Field(ge=0, lt=MOST_PARTS)
    content: Annotated[str, StringConstraints(max_length=PART_BYTES * 4 // 3 + 4, pattern=r"^[A-Za-z0-9+/]*={0,2}$")]
    """The bytes in base64."""
    last: bool


class CancelJob(Action):
    """Cancel a job; the rows decided before stay so. Answers JobShape."""

    type: ClassVar[str] = "CancelJob"
    permission: ClassVar[Permission] = "jobs:manage"


class CloseJob(Action):
    """Close an ended job whose errors were seen to. Answers JobShape."""

    type: ClassVar[str] = "CloseJob"
    permission: ClassVar[Permission] = "jobs:manage"


class RowError(Answer):
    """One error of one row: the rule that it breaks, with the values of its sentence; never the value of the cell."""

    id: Id = Field(description="Sorts as the rows do.")
    row: int = Field(description="The number of the row as a spreadsheet shows it: the header is row 1.")
    sheet: str = Field(default="", description="The sheet of a workbook.")
    column: ColumnName = Field(default="", description="The header of the column; empty for the whole row.")
    problem: Reason


class RowErrorPage(Answer):
    """A page of row errors; `next` is the cursor of the next page, None on the last one."""

    items: tuple[RowError, ...]
    next: str | None = None


class ListRowErrors(Query[RowErrorPage]):
    """List the row errors of a job, by row, at most 200 a page. The asker has seen that the job is in reach.

    Travels sealed: a rule may name a word of the row.
    """

    type: ClassVar[str] = "ListRowErrors"
    personal: ClassVar[bool] = True
    job_id: Id
    after: Id | None = None
    limit: int = Field(default=100, ge=1, le=200)
