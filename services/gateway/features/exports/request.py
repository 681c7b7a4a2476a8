"""The body that asks for an export."""

from typing import Annotated, Final, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from services.gateway.features.exports.records import ExportFormat, ReportName
from services.gateway.features.reports.periods import PERIOD_PATTERN
from shared.contracts.areas import AreaCode
from shared.contracts.catalogue.entries import Code
from shared.contracts.messages import ExternalId, Message
from shared.contracts.refusals import broken_rule
from shared.words import Language

TIMED: Final = frozenset({"needs", "screenings"})
"""The reports with times from one step to another."""
PeriodText = Annotated[str, StringConstraints(max_length=10, pattern=PERIOD_PATTERN)]
FigureText = Annotated[
    str, StringConstraints(max_length=240, pattern=r"^[a-z][a-z0-9_]{0,39}(:[a-z0-9_.-]{1,64}){0,3}$")
]
"""The name of a figure, and the codes of its labels after colons."""
_FIGURE: Final = Field(
    description="The rows of that figure, as in `rows` of the report: its name, and its labels after colons. Left out: "
    "the figures themselves."
)
_EXACT: Final = Field(description="true computes the percentiles of times from the rows, without an error.")
_LANGUAGE: Final = Field(description="Of headings and values; left out: that of the request.")


class ExportIn(Message):
    """A report, or the rows of one of its figures, that are wanted as a file."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"report": "needs", "area": "110102009", "period": "2026-Q1", "format": "xlsx", "exact": True}]
        }
    )

    report: Annotated[ReportName, Field(description="Its name, as in its path.")]
    area: Annotated[AreaCode | None, Field(description="None: the area of the key.")] = None
    period: Annotated[PeriodText | None, Field(description="As of the report, `2026-Q4`; none: this month.")] = None
    theme: Annotated[Code | None, Field(description="Of the report about needs: those of one theme.")] = None
    figure: Annotated[FigureText | None, _FIGURE] = None
    format: Annotated[ExportFormat, Field(description="`csv` (RFC 4180, UTF-8) or `xlsx` (a workbook).")] = "csv"
    bom: Annotated[bool, Field(description="true begins CSV with a byte order mark, for spreadsheets.")] = False
    exact: Annotated[bool, _EXACT] = False
    language: Annotated[Language | None, _LANGUAGE] = None
    external_id: Annotated[ExternalId | None, Field(description="Your own name for it, unique among yours.")] = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.theme is not None and self.report != "needs":
            raise broken_rule("theme_of_needs_alone", field="theme")
        if self.exact and (self.figure is not None or self.report not in TIMED):
            raise broken_rule("exact_without_times", field="exact")
        if self.bom and self.format != "csv":
            raise broken_rule("mark_of_csv_alone", field="bom")
        return self
