"""Answers of reports: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import ReasonAnswer

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class CoverageDay(TypedDict):
    """The stations in each stage at the end of a day, where each holds the seat of one community."""

    day: str
    planned: int
    pilot: int
    open: int


class ExportAnswer(TypedDict):
    """A file of a report: asked for, being written, or ready to be fetched."""

    id: str
    external_id: NotRequired[str | None]
    version: int
    report: str
    area: str
    period: str
    theme: str | None
    figure: str | None
    format: ExportFormat | str
    bom: bool
    exact: bool
    language: str
    state: ExportState | str
    rows: int
    total: int | None
    size: int | None
    begun_at: str
    ended_at: str | None
    kept_until: str | None
    file: str | None
    problem: ReasonAnswer | None


class ExportPage(TypedDict):
    """A page of a list, newest first."""

    items: list[ExportAnswer]
    next: str | None


class FigureAnswer(TypedDict):
    """One figure. Figures of one name and different labels, as of `state`, are counted apart."""

    figure: str
    labels: dict[str, str]
    value: int
    rows: str | None


class NeedsReportAnswer(TypedDict):
    """Needs: registered and published in the period, by state now, by end in the period, and the time of each step."""

    scope: Scope
    figures: list[FigureAnswer]
    times: list[SpreadAnswer]
    themes: list[ThemeAnswer]


class ReportAnswer(TypedDict):
    """A report: figures in a fixed order. docs/reports.md defines each."""

    scope: Scope
    figures: list[FigureAnswer]


class RowAnswer(TypedDict):
    """One thing that a figure counts, without a name. `path` opens it, for those who may see it."""

    id: str
    path: str
    area: str
    theme: str | None
    days: dict[str, str]
    labels: dict[str, str]
    amounts: dict[str, int]


class RowPage(TypedDict):
    """A page of a list, newest first."""

    items: list[RowAnswer]
    next: str | None


class Scope(TypedDict):
    """The area, the period and the theme that a report is about."""

    area: str
    period: str
    first_day: str
    last_day: str
    theme: str | None


class ScreeningsReportAnswer(TypedDict):
    """Screenings by state, people examined, crossings; alerts by severity, state and delay; the needs opened."""

    scope: Scope
    figures: list[FigureAnswer]
    times: list[SpreadAnswer]


class SpreadAnswer(TypedDict):
    """The spread of a duration, in minutes. Percentiles are off by 1/32 (3.125 %) at most, and exact below 32."""

    figure: str
    labels: dict[str, str]
    count: int
    p50: int | None
    p90: int | None
    p99: int | None
    rows: str


class StationsReportAnswer(TypedDict):
    """The stages that stations entered and left, and the stations by stage at the end of each part of the period."""

    scope: Scope
    figures: list[FigureAnswer]
    series: list[CoverageDay]


class ThemeAnswer(TypedDict):
    """The figures of one theme."""

    theme: str
    figures: list[FigureAnswer]


ExportFormat = Literal["csv", "xlsx"] | str


ExportState = Literal["waiting", "running", "done", "failed", "cancelled"] | str
