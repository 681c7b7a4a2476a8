"""Answers about exports."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from services.gateway.features.exports.records import Export, ExportFormat, ExportState
from services.gateway.http.answers import Nameable, Versioned
from services.gateway.http.worded import ReasonAnswer
from shared.contracts.messages import OPEN


class ExportAnswer(Versioned, Nameable):
    """A file of a report: asked for, being written, or ready to be fetched."""

    report: str = Field(description="The name of the report.")
    area: str = Field(description="Empty for everywhere.")
    period: str = Field(description="Its name, as asked for.")
    theme: str | None = Field(description="null: all themes together.")
    figure: str | None = Field(description="The figure whose rows are exported; null: the figures themselves.")
    format: Annotated[ExportFormat, OPEN] = Field(description="`csv`, or `xlsx` for a workbook.")
    bom: bool = Field(description="Whether a CSV begins with a byte order mark.")
    exact: bool = Field(description="Whether the percentiles of times are computed from the rows.")
    language: str = Field(description="Of headings and values.")
    state: Annotated[ExportState, OPEN] = Field(
        description="`waiting` for a worker; `running`; `done`: fetch the file; `failed`: see `problem`; `cancelled`."
    )
    rows: int = Field(description="Lines written so far, without the headings.")
    total: int | None = Field(description="Rows that there are; null until they are counted, and for figures.")
    size: int | None = Field(description="Bytes of the file; null until it is done.")
    begun_at: AwareDatetime = Field(description="When it was asked for.")
    ended_at: AwareDatetime | None = Field(description="null while it waits or runs.")
    kept_until: AwareDatetime | None = Field(description="The file and the export are deleted then.")
    file: str | None = Field(description="The path of the file; null until it is done.")
    problem: ReasonAnswer | None = Field(description="Why it has failed, and the next step; null otherwise.")


def export_answer(export: Export, external_id: str | None = None) -> ExportAnswer:
    """Return the export as it is shown, with the name that the caller has given it."""
    named = {} if external_id is None else {"external_id": external_id}
    problem = None if export.problem is None else ReasonAnswer(code=export.problem.code, args=export.problem.args)
    return ExportAnswer(
        id=export.id,
        version=export.version,
        report=export.report,
        area=export.area,
        period=export.period,
        theme=export.theme,
        figure=export.figure,
        format=export.format,
        bom=export.bom,
        exact=export.exact,
        language=export.language,
        state=export.state,
        rows=export.rows,
        total=export.total,
        size=export.size,
        begun_at=export.begun_at,
        ended_at=export.ended_at,
        kept_until=export.kept_until,
        file=f"/v1/exports/{export.id}/file" if export.state == "done" else None,
        problem=problem,
        **named,
    )
