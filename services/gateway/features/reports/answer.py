"""Answers about reports: figures with the paths of their rows, spreads of durations, rows without names."""

from collections.abc import Mapping, Sequence
from typing import Final, Self
from urllib.parse import urlencode

from pydantic import Field

from services.gateway.features.reports.counting import ReportRow, Table
from services.gateway.features.reports.periods import Period
from services.gateway.features.reports.summary import Coverage, Spread, Sum, Summary
from services.gateway.http.answers import Answer

_ROWS: Final = "The path of the rows that make up the value; null where a value has none."


class Scope(Answer):
    """The area, the period and the theme that a report is about."""

    area: str = Field(description="Empty for everywhere.")
    period: str = Field(description="Its name, as asked for.")
    first_day: str = Field(description="A legal day (Beijing time), as all days of reports.")
    last_day: str = Field(description="Within the period.")
    theme: str | None = Field(description="null: all themes together.")

    @classmethod
    def of(cls, area: str, period: Period, theme: str | None) -> Self:
        """Return the scope of a request."""
        first, last = period.first.isoformat(), period.last.isoformat()
        return cls(area=area, period=period.name, first_day=first, last_day=last, theme=theme)

    def path(self, report: str, figure: str, theme: str | None = None) -> str:
        """Return the path of the rows of one figure, of one theme where it is given."""
        asked = {"figure": figure, "period": self.period, "area": self.area, "theme": theme or self.theme}
        return f"/v1/reports/{report}/rows?{urlencode({name: value for name, value in asked.items() if value})}"


class FigureAnswer(Answer):
    """One figure. Figures of one name and different labels, as of `state`, are counted apart."""

    figure: str = Field(description="The name of the figure.")
    labels: dict[str, str] = Field(description="The values by which it is counted apart: `{'state': 'ready'}`.")
    value: int = Field(description="The number of rows, or the sum of an amount over them.")
    rows: str | None = Field(description=_ROWS)


class SpreadAnswer(Answer):
    """The spread of a duration, in minutes. Percentiles are off by 1/32 (3.125 %) at most, and exact below 32."""

    figure: str = Field(description="The first step and the second.", examples=["published_ready"])
    labels: dict[str, str] = Field(description="The values by which it is counted apart: `{'severity': 'critical'}`.")
    count: int = Field(description="The number of things that took both steps.")
    p50: int | None = Field(description="Half of the needs took no longer; null without any.")
    p90: int | None = Field(description="90 of 100 took no longer; null without any.")
    p99: int | None = Field(description="99 of 100 took no longer; null without any.")
    rows: str = Field(description=_ROWS)


class ThemeAnswer(Answer):
    """The figures of one theme."""

    theme: str = Field(description="Its code.")
    figures: list[FigureAnswer] = Field(description="Those of the theme's needs.")


class ReportAnswer(Answer):
    """A report: figures in a fixed order. docs/reports.md defines each."""

    scope: Scope = Field(description="Area, period and theme.")
    figures: list[FigureAnswer] = Field(description="In a fixed order.")


class NeedsReportAnswer(ReportAnswer):
    """Needs: registered and published in the period, by state now, by end in the period, and the time of each step."""

    times: list[SpreadAnswer] = Field(description="The time from one step to another.")
    themes: list[ThemeAnswer] = Field(description="By the codes of the themes.")


class ScreeningsReportAnswer(ReportAnswer):
    """Screenings by state, people examined, crossings; alerts by severity, state and delay; the needs opened."""

    times: list[SpreadAnswer] = Field(description="From one step of an alert to another, of all and by severity.")


class CoverageDay(Answer):
    """The stations in each stage at the end of a day, where each holds the seat of one community."""

    day: str = Field(description="A legal day.")
    planned: int = Field(description="Stations with a day for their opening.")
    pilot: int = Field(description="Stations in a pilot.")
    open: int = Field(description="Stations that are open.")


class StationsReportAnswer(ReportAnswer):
    """The stages that stations entered and left, and the stations by stage at the end of each part of the period."""

    series: list[CoverageDay] = Field(
        description="The first is the day before the period; then each month of a year or a quarter, or each day."
    )


class RowAnswer(Answer):
    """One thing that a figure counts, without a name. `path` opens it, for those who may see it."""

    id: str = Field(description="Of the thing: a need, a visit, a station, an alert, a transfer of minutes.")
    path: str = Field(description="Opens the thing.")
    area: str = Field(description="Where it counts.")
    theme: str | None = Field(description="null for a thing without one.")
    days: dict[str, str] = Field(description="The days by which it is counted.")
    labels: dict[str, str] = Field(description="The values by which figures are counted apart.")
    amounts: dict[str, int] = Field(description="Numbers that are summed, and durations in minutes.")


def figures_of(
    report: str, table: Table, scope: Scope, sums: Sequence[Sum], theme: str | None = None
) -> list[FigureAnswer]:
    """Return the figures with the paths of their rows."""
    by_name = {figure.name: figure.by for figure in table.figures if not figure.spread}
    return [
        FigureAnswer(
            figure=each.figure,
            labels=dict(zip(by_name[each.figure], each.of, strict=True)),
            value=each.value,
            rows=scope.path(report, ":".join((each.figure, *each.of)), theme),
        )
        for each in sums
    ]


def spreads_of(report: str, table: Table, scope: Scope, spreads: Sequence[Spread]) -> list[SpreadAnswer]:
    """Return the spreads with the paths of their rows."""
    by_name = {(figure.name, len(figure.by)): figure.by for figure in table.figures}
    return [
        SpreadAnswer(
            figure=each.figure, labels=dict(zip(by_name[each.figure, len(each.of)], each.of, strict=True)),
            count=each.number, p50=each.minutes[0], p90=each.minutes[1], p99=each.minutes[2],
            rows=scope.path(report, ":".join((each.figure, *each.of))),
        )
        for each in spreads
    ]  # fmt: skip


def needs_report(scope: Scope, summary: Summary) -> NeedsReportAnswer:
    """Return the report about needs, its themes by their codes."""
    report, table = summary.table.name, summary.table
    return NeedsReportAnswer(
        scope=scope,
        figures=figures_of(report, table, scope, summary.sums(summary.whole)),
        times=spreads_of(report, table, scope, summary.durations()),
        themes=[
            ThemeAnswer(theme=theme, figures=figures_of(report, table, scope, summary.sums(found), theme))
            for theme, found in sorted(summary.by_theme.items())
            if any(found.values())
        ],
    )


def stations_report(scope: Scope, summary: Summary, series: Sequence[Coverage]) -> StationsReportAnswer:
    """Return the report about stations."""
    return StationsReportAnswer(
        scope=scope,
        figures=figures_of("stations", summary.table, scope, summary.sums(summary.whole)),
        series=[CoverageDay(day=each.day, **each.stages) for each in series],
    )


def row_of(table: Table, row: ReportRow) -> RowAnswer:
    """Return the row as it is listed."""
    opened: Mapping[str, object] = row.__dict__
    return RowAnswer(
        id=row.id,
        path=f"{table.path}{opened.get('need_id') or row.id}",
        area=row.area,
        theme=row.theme or None,
        days=row.days,
        labels=row.labels,
        amounts=row.amounts,
    )
