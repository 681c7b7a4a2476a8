"""The lines of an export: figures as they were asked for, or the rows of one figure. Pure."""

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Final, Protocol

from services.gateway.features.exports.records import Export
from services.gateway.features.reports.answer import (
    NeedsReportAnswer,
    ReportAnswer,
    ScreeningsReportAnswer,
    SpreadAnswer,
    StationsReportAnswer,
)
from services.gateway.features.reports.counting import ReportRow
from services.gateway.features.reports.lines import (
    FIGURE_COLUMNS,
    Line,
    figure_lines,
    head_columns,
    row_columns,
    row_lines,
)
from services.gateway.features.reports.reading import Asked, find_figure
from shared.words import Wording

_ANSWERS: Final[Mapping[str, type[ReportAnswer]]] = {
    "needs": NeedsReportAnswer, "stations": StationsReportAnswer, "screenings": ScreeningsReportAnswer,
}  # fmt: skip


class Source(Protocol):
    """The rows of the reports, as they are at one moment, within the area, the period and the theme of an export."""

    def rows(self, asked: Asked) -> Iterator[ReportRow]:
        """Yield the rows that the figure counts, by area, day and id."""

    def minutes(self, asked: Asked) -> Mapping[int, int]:
        """Return how many of these rows took so many minutes, by the minutes."""


def write_head(export: Export, words: Wording) -> list[str]:
    """Return the headings of the file."""
    if export.figure is None:
        return head_columns(FIGURE_COLUMNS, words)
    return head_columns(row_columns(find_figure(export.report, export.figure).table), words)


def write_lines(export: Export, source: Source, words: Wording) -> Iterator[Line]:
    """Yield the lines of the file behind its headings. Raises Problem for a figure that this release does not know."""
    if export.figure is None:
        report = _ANSWERS.get(export.report, ReportAnswer).model_validate_json(export.figures)
        yield from figure_lines(export.report, _exact(export, report, source) if export.exact else report, words)
        return
    asked = find_figure(export.report, export.figure)
    yield from row_lines(asked.table, source.rows(asked), words)


def _exact(export: Export, report: ReportAnswer, source: Source) -> ReportAnswer:
    """Return the report with the times of its rows, instead of those of kept counts."""
    if not isinstance(report, NeedsReportAnswer | ScreeningsReportAnswer):
        return report
    times = []
    for spread in report.times:
        asked = find_figure(export.report, ":".join((spread.figure, *spread.labels.values())))
        times.append(with_exact(spread, source.minutes(asked)))
    return report.model_copy(update={"times": times})


def with_exact(spread: SpreadAnswer, minutes: Mapping[int, int]) -> SpreadAnswer:
    """Return the spread with the number of these durations and their percentiles, by the nearest rank."""
    p50, p90, p99 = (nearest_rank(minutes, percent) for percent in (50, 90, 99))
    return spread.model_copy(update={"count": sum(minutes.values()), "p50": p50, "p90": p90, "p99": p99})


def nearest_rank(minutes: Mapping[int, int], percent: int) -> int | None:
    """Return the duration that `percent` of 100 do not exceed; None without any."""
    rank, passed = ceil(sum(minutes.values()) * percent / 100), 0
    for each in sorted(minutes):
        passed += minutes[each]
        if passed >= rank:
            return each
    return None
