"""The views of reports in memory, after some events."""

from collections import Counter
from typing import Any

from services.gateway.features.reports import FEATURE, PEOPLE_SCREENED, VOLUNTEER_YEARS
from services.gateway.features.reports.counting import ReportRow, Table, Tally, cells_of, levels_of
from services.gateway.features.reports.need_rows import NEEDS
from services.gateway.features.reports.periods import keys_of
from services.gateway.features.reports.summary import Summary
from services.gateway.features.reports.view import TABLES
from services.gateway.following.memory import ViewsInMemory
from services.gateway.projection.feature import partition_of
from services.gateway.projection.feed import FeedItem, feed_id
from shared.contracts import CloudEvent
from shared.engine.decide.memory import START


def views_after(*events: CloudEvent, together: bool = False) -> ViewsInMemory:
    """The views of reports after the events, each in a step of its own or all in one."""
    views = ViewsInMemory([FEATURE, VOLUNTEER_YEARS, PEOPLE_SCREENED], START)
    items = [
        FeedItem(
            id=feed_id(n), cursor=n, type=e.type, area=e.area, partition=partition_of(e.subject), subject=e.subject,
            event=e.model_dump_json(),
        )
        for n, e in enumerate(events, 1)
    ]  # fmt: skip
    for batch in [items] if together else [[item] for item in items]:
        views.apply(batch)
    return views


def rows_of(views: ViewsInMemory, table: Table) -> list[ReportRow]:
    return [row for (model, _), row in views.entities.items() if model is table.row and isinstance(row, table.row)]


def kept(views: ViewsInMemory) -> dict[str, dict[str, int]]:
    """The counts that are not 0, by their ids."""
    return {one.id: one.figures for one in views.entities.values() if isinstance(one, Tally) and one.figures}


def recounted(views: ViewsInMemory) -> dict[str, dict[str, int]]:
    """The counts that the rows have, counted from scratch."""
    found: dict[str, Counter[str]] = {}
    for table in (table for tables in TABLES.values() for table in tables):
        for row in rows_of(views, table):
            for (name, day), share in cells_of(table, row):
                for area in levels_of(row.area):
                    for key in keys_of(day):
                        found.setdefault(f"{table.name}|{area}|{key}|{row.theme}", Counter())[name] += share
    return {tally: dict(figures) for tally, figures in found.items()}


def month(views: ViewsInMemory, table: Table = NEEDS, area: str = "110102", key: str = "2026-03") -> Summary:
    """The report of a kept period."""
    summary = Summary(table)
    found = [one for one in views.entities.values() if isinstance(one, Tally)]
    summary.add(one for one in found if (one.table, one.area, one.key) == (table.name, area, key))
    return summary


def figures(views: ViewsInMemory, table: Table = NEEDS, **of: Any) -> dict[str, int]:
    return {name: value for name, value in month(views, table, **of).whole.items() if value}
