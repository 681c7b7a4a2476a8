"""The lines of a report as a file: headings and values in words, with the codes beside them. Pure.

A heading is a word of the catalogue `terms` under `report_column`, a figure one under `report_figure`. The column of a
code bears the name of the column of its word and `_code`, so that a program goes by codes and a person by words.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from services.gateway.features.reports.answer import (
    FigureAnswer,
    NeedsReportAnswer,
    ReportAnswer,
    Scope,
    ScreeningsReportAnswer,
    SpreadAnswer,
    StationsReportAnswer,
    row_of,
)
from services.gateway.features.reports.counting import ReportRow, Table
from services.gateway.features.reports.station_rows import STAGES
from services.gateway.features.reports.view import TABLES
from shared.contracts.stations.shipped_indicators import SHIPPED_INDICATORS
from shared.tables.written import WrittenCell
from shared.words import Wording

Line = Sequence[WrittenCell]
FIGURE_COLUMNS: Final = (
    "area", "first_day", "last_day", "theme", "theme_code", "figure", "figure_code", "labels", "labels_code", "value",
    "p50_minutes", "p90_minutes", "p99_minutes",
)  # fmt: skip
STANDING: Final = "standing"
"""The figure of the stations in a stage at the end of a day, as the series of stations has them."""
_ENUMERATIONS: Final[Mapping[tuple[str, str], str]] = {
    ("needs", "state"): "need_state",
    ("findings", "state"): "finding_state",
    ("screenings", "state"): "screening_state",
    ("alerts", "state"): "alert_state",
    ("alerts", "severity"): "risk_severity",
    ("alerts", "treatment"): "alert_treatment",
    ("alerts", "answered"): "report_step",
    ("alerts", "treated"): "report_step",
    ("alert_needs", "severity"): "risk_severity",
}
"""The words of the values of labels, by table and label; those of others are of `report_<label>`."""


def head_columns(columns: Sequence[str], words: Wording) -> list[str]:
    """Return the headings of the columns with those names."""
    code = words.term("report_column", "code")
    return [
        code.format(name=words.term("report_column", name.removesuffix("_code")))
        if name.endswith("_code")
        else words.term("report_column", name)
        for name in columns
    ]


def figure_lines(name: str, report: ReportAnswer, words: Wording) -> Iterator[Line]:
    """Yield a line for each figure of the report of that name: of all themes, theme by theme, then the spreads.

    Of stations also one for each day and stage of the series.
    """
    scope, tables = report.scope, _tables_of(name)
    of_theme = [(scope.theme or "", report.figures)]
    if isinstance(report, NeedsReportAnswer):
        of_theme += [(each.theme, each.figures) for each in report.themes]
    for theme, figures in of_theme:
        begin = _place_of(scope, theme, words)
        for figure in figures:
            yield [*begin, *_named(tables, figure, words), figure.value, "", "", ""]
    for spread in report.times if isinstance(report, NeedsReportAnswer | ScreeningsReportAnswer) else ():
        percentiles = ["" if each is None else each for each in (spread.p50, spread.p90, spread.p99)]
        yield [*_place_of(scope, scope.theme or "", words), *_named(tables, spread, words), spread.count, *percentiles]
    if isinstance(report, StationsReportAnswer):
        yield from _series_lines(report, words)


def _series_lines(report: StationsReportAnswer, words: Wording) -> Iterator[Line]:
    """Yield a line for the stations in each stage at the end of each day of the series, also where there are none."""
    named = [words.term("report_figure", STANDING), STANDING]
    for each in report.series:
        counted = each.model_dump(include=set(STAGES))
        for stage in STAGES:
            labels = [words.term("station_state", stage), stage]
            yield [report.scope.area, each.day, each.day, "", "", *named, *labels, counted[stage], "", "", ""]


def _tables_of(report: str) -> Mapping[str, str]:
    """Return the names of the tables of a report by the names of their figures."""
    return {figure.name: table.name for table in TABLES.get(report, ()) for figure in table.figures}


def _named(tables: Mapping[str, str], figure: FigureAnswer | SpreadAnswer, words: Wording) -> list[str]:
    """Return the name and the labels of a figure, both in words and as codes."""
    table = tables.get(figure.figure, "")
    labels = [_value_word(table, label, value, words) for label, value in figure.labels.items()]
    name = words.term("report_figure", figure.figure)
    return [name, figure.figure, " ".join(labels), " ".join(figure.labels.values())]


def _place_of(scope: Scope, theme: str, words: Wording) -> list[str]:
    return [scope.area, scope.first_day, scope.last_day, words.entry("theme", theme) if theme else "", theme]


def row_columns(table: Table) -> list[str]:
    """Return the names of the columns of the rows of a table: the same for all its figures."""
    days = dict.fromkeys(f"day_{figure.day}" for figure in table.figures)
    labels = dict.fromkeys(name for figure in table.figures for label in figure.by for name in (label, f"{label}_code"))
    amounts = dict.fromkeys(
        figure.adds or f"{figure.spread}_minutes" for figure in table.figures if figure.adds or figure.spread
    )
    return ["id", "path", "area", "theme", "theme_code", *days, *labels, *amounts]


def row_lines(table: Table, rows: Iterable[ReportRow], words: Wording) -> Iterator[Line]:
    """Yield a line for each row, in the columns of the table."""
    columns = row_columns(table)
    for row in rows:
        shown = row_of(table, row)
        cells: dict[str, WrittenCell] = {"id": shown.id, "path": shown.path, "area": shown.area}
        if shown.theme:
            cells |= {"theme": words.entry("theme", shown.theme), "theme_code": shown.theme}
        cells |= {f"day_{name}": day for name, day in row.days.items()}
        for label, value in row.labels.items():
            cells |= {label: _value_word(table.name, label, value, words), f"{label}_code": value}
        for name, amount in row.amounts.items():
            cells |= {name: amount, f"{name}_minutes": amount}
        yield [cells.get(column, "") for column in columns]


def _value_word(table: str, label: str, value: str, words: Wording) -> str:
    if label == "indicator":  # a city's own indicator stands by its code
        shipped = SHIPPED_INDICATORS.get(value)
        return value if shipped is None else shipped.zh if words.language == "zh" else shipped.en
    return words.term(_ENUMERATIONS.get((table, label), f"report_{label}"), value)
