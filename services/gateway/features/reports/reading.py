"""The reads of reports: kept counts, and pages of rows."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from services.gateway.features.reports.counting import Figure, ReportRow, Table, Tally, rule_of
from services.gateway.features.reports.periods import Period, cover
from services.gateway.features.reports.summary import Summary, tally_rule
from services.gateway.features.reports.view import TABLES
from services.gateway.http.problems import Problem
from services.gateway.reading.areas import within
from services.gateway.reading.cursors import encode_cursor
from services.gateway.reading.views import Views, last_id
from shared.engine.decide.schema import Document

MOST_TALLIES: Final = 10_000
"""Kept counts that one report reads: those of 160 districts and twenty themes over three months."""
_ORDER: Final = ("area", "day", "_id")
_PARTS: Final = 3


class Asked(NamedTuple):
    """One figure of a report with the values of its labels, and its table."""

    table: Table
    figure: Figure
    labels: tuple[str, ...]


def find_figure(report: str, name: str) -> Asked:
    """Return the figure of that name. Raises Problem (422) where the report has none."""
    figure_name, *labels = name.split(":")
    for table in TABLES.get(report, ()):
        for figure in table.figures:
            if figure.name == figure_name and len(figure.by) == len(labels):
                return Asked(table, figure, tuple(labels))
    known = ", ".join(
        ":".join((figure.name, *(f"<{label}>" for label in figure.by)))
        for table in TABLES.get(report, ())
        for figure in table.figures
    )
    raise Problem(422, "invalid", "unknown_figure", field="figure", known=known or "-")


async def read_tallies(
    views: Views, table: Table, area: str, keys: Sequence[str], theme: str | None = None
) -> list[Tally]:
    """Return the kept counts of the area over these kept periods.

    Raises Problem (422) where there are too many of them, rather than to add up a part.
    """
    found = await views.some(Tally, tally_rule(table, area, keys, theme), MOST_TALLIES + 1)
    if len(found) > MOST_TALLIES:
        raise Problem(422, "invalid", "report_too_large", field="period", most=MOST_TALLIES)
    return found


async def summarise(views: Views, table: Table, area: str, period: Period, theme: str | None = None) -> Summary:
    """Return the sums of a table over the area and the period."""
    summary = Summary(table)
    summary.add(await read_tallies(views, table, area, cover(period.first, period.last), theme))
    return summary


class RowPage(NamedTuple):
    """Rows by area, day and id, and the cursor of the next page."""

    rows: Sequence[ReportRow]
    next: str | None


async def read_rows(
    views: Views, asked: Asked, area: str, period: Period, theme: str | None, *, limit: int, after: str | None
) -> RowPage:
    """Return a page of the rows that the figure counts. Raises Problem (422) for a cursor that no page has given."""
    table, figure, _ = asked
    day = f"days.{figure.day}"
    rule = rule_of_rows(asked, area, period, theme)
    if after is not None:
        rule = {"$and": [rule, _beyond(day, last_id(after))]}
    order = [(name if name != "day" else day, 1) for name in _ORDER]
    found = await views.in_order(table.row, rule, order, limit + 1, hint=f"by_{figure.day}")
    rows = found[:limit]
    if len(found) <= limit:
        return RowPage(rows, None)
    last = rows[-1]
    return RowPage(rows, encode_cursor("|".join((last.area, last.days[figure.day], last.id))))


def rule_of_rows(asked: Asked, area: str, period: Period, theme: str | None) -> Document:
    """Return the MongoDB rule for the rows that the figure counts in the area, the period and the theme."""
    within_days = rule_of(asked.figure, asked.labels, period.first.isoformat(), period.last.isoformat())
    rule: Document = {**within(area), **within_days}
    return rule if theme is None else {**rule, "theme": theme}


async def count_rows(views: Views, asked: Asked, area: str, period: Period, theme: str | None, *, most: int) -> int:
    """Return the number of rows that the figure counts, `most` where there are as many or more."""
    rule = rule_of_rows(asked, area, period, theme)
    return await views.count(asked.table.row, rule, most, hint=f"by_{asked.figure.day}")


def _beyond(day: str, cursor: str) -> Document:
    """Return the rule for the rows behind a cursor. Raises Problem (422) where it is that of another list."""
    parts = cursor.split("|")
    if len(parts) != _PARTS:
        raise Problem(422, "invalid", "not_a_cursor", field="after")
    area, at, row_id = parts
    return {
        "$or": [
            {"area": {"$gt": area}},
            {"area": area, day: {"$gt": at}},
            {"area": area, day: at, "_id": {"$gt": row_id}},
        ]
    }
