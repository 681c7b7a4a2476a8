"""Bodies of reports: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..answers.common import NoticeLanguage
from ..answers.reports import ExportFormat

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class ExportIn(TypedDict):
    """A report, or the rows of one of its figures, that are wanted as a file."""

    report: ReportName
    area: NotRequired[str | None]
    period: NotRequired[str | None]
    theme: NotRequired[str | None]
    figure: NotRequired[str | None]
    format: NotRequired[ExportFormat]
    bom: NotRequired[bool]
    exact: NotRequired[bool]
    language: NotRequired[NoticeLanguage | None]
    external_id: NotRequired[str | None]


ReportName = Literal["needs", "supervision", "participation", "people", "stations", "screenings"]
