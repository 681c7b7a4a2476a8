"""Exports and the parts of their files as they are stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict
from pymongo import ASCENDING, DESCENDING, IndexModel

from shared.engine.decide.schema import Document
from shared.words import Language

EXPORTS: Final = "exports"
PARTS: Final = "export_parts"
TURNS: Final = "export_turns"
"""One document a principal, which every beginning of an export writes: of two at once the second one counts again."""
KEPT: Final = timedelta(days=7)
"""How long a file is kept after its end, and the export with it."""
ABANDONED: Final = timedelta(days=2)
"""How long the parts of a file stand that nobody ends."""
MOST_OPEN: Final = 3
"""Exports of one principal that wait or run at once."""
MOST_KEPT: Final = 20
"""Exports of one principal, ended ones included."""
MOST_ROWS: Final = 500_000
"""Rows of one file: below the 1,048,576 of a sheet, and written well within the store's five minutes of history."""
MOST_BYTES: Final = 128 * 1024 * 1024
"""Bytes of one file."""
PART_BYTES: Final = 1024 * 1024
MOST_FIGURES_BYTES: Final = 4 * 1024 * 1024
"""Bytes of the figures of one export: a document holds 16 MiB."""
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    EXPORTS: [
        IndexModel([("request", ASCENDING)], name="request", unique=True),
        IndexModel(
            [("name_key", ASCENDING)], name="name", unique=True, partialFilterExpression={"name_key": {"$gt": ""}}
        ),
        IndexModel([("principal", ASCENDING), ("_id", DESCENDING)], name="principal"),
        IndexModel([("state", ASCENDING), ("until", ASCENDING), ("_id", ASCENDING)], name="leases"),
        IndexModel([("kept_until", ASCENDING)], name="expiry", expireAfterSeconds=0),
    ],
    TURNS: [IndexModel([("at", ASCENDING)], name="expiry", expireAfterSeconds=86_400)],
    PARTS: [
        IndexModel([("export", ASCENDING), ("attempt", ASCENDING), ("_id", ASCENDING)], name="files"),
        IndexModel([("until", ASCENDING)], name="expiry", expireAfterSeconds=0),
    ],
}
ReportName = Literal["needs", "supervision", "participation", "people", "stations", "screenings"]
ExportFormat = Literal["csv", "xlsx"]
ExportState = Literal["waiting", "running", "done", "failed", "cancelled"]
OPEN_STATES: Final[tuple[ExportState, ...]] = ("waiting", "running")
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Problem(BaseModel):
    """The reason for which an export has failed: its code and values."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str
    args: dict[str, str | int] = {}


class Export(BaseModel):
    """An export. `figures` are those of the report as it was when they were asked for, in JSON; empty for rows.

    `version` counts its states, `attempts` the times at which a worker has taken it, `deaths` those at which the worker
    before had fallen silent. `holder` and `until` are the lease; `name_key` and `name_sealed` hide the caller's own
    name for it. Fields of a newer release are ignored.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    version: int = 1
    request: str
    fingerprint: str
    principal: str
    name_key: str = ""
    name_sealed: str = ""
    area: str
    report: str
    period: str
    theme: str | None = None
    figure: str | None = None
    figures: str = ""
    format: ExportFormat = "csv"
    bom: bool = False
    exact: bool = False
    language: Language = "zh"
    state: ExportState = "waiting"
    rows: int = 0
    total: int | None = None
    size: int | None = None
    parts: int = 0
    attempts: int = 0
    deaths: int = 0
    begun_at: datetime
    ended_at: datetime | None = None
    kept_until: datetime | None = None
    problem: Problem | None = None
    holder: str = ""
    until: datetime

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Return the document as its model."""
        return cls.model_validate({**document, "id": document["_id"]})

    def to_document(self) -> Document:
        """Return the model as MongoDB stores it."""
        document: dict[str, Any] = self.model_dump()
        return {"_id": document.pop("id"), **document}

    @property
    def filename(self) -> str:
        """The name of the file, without the figure: its labels are the caller's words."""
        return f"{'-'.join(filter(None, (self.report, self.area, self.period)))}.{self.format}"


def part_id(export_id: str, attempt: int, number: int) -> str:
    """Return the id of a part of the file that an attempt has written: ids rise with the numbers."""
    return f"{export_id}.{attempt:03d}.{number:06d}"
