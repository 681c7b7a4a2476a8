"""Bodies of jobs: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..answers.jobs import ImportKind

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class BeginStationsImport(TypedDict):
    """Begin the import of a file of areas or needs; its bytes follow. Answers JobShape."""

    external_id: NotRequired[str | None]
    kind: ImportKind
    area: str
    format: NotRequired[ImportFormat | None]
    dry_run: NotRequired[bool]
    sheet: NotRequired[str | None]
    coordinates: NotRequired[ImportCoordinates]


class CancelStationsJobBody(TypedDict):
    """Cancel a job of stations; the rows decided before stay so. Answers JobShape."""


class CloseStationsJobBody(TypedDict):
    """Close an ended job of stations whose errors were seen to. Answers JobShape."""


ImportCoordinates = Literal["wgs84", "gcj02", "bd09"]


ImportFormat = Literal["csv", "xlsx", "json"]
