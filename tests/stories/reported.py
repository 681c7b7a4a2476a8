"""The figures of reports, for the stories."""

from collections.abc import Collection

from services.gateway.features.reports.counting import Table, Tally
from services.gateway.features.reports.summary import Summary
from tests.stories.stage import Stage


def figures(city: Stage, table: Table, keys: Collection[str]) -> dict[str, int]:
    """Return the figures of the street's report over these kept periods, as its path adds them up."""
    summary, street = Summary(table), city.home[:9]
    rows = [row for row in city.shown(Tally.collection) if row["area"] == street and row["key"] in keys]
    summary.add(Tally.from_document(row) for row in rows if row["table"] == table.name)
    return {":".join((each.figure, *each.of)): each.value for each in summary.sums(summary.whole) if each.value} | {
        f"{':'.join((each.figure, *each.of))} p50": each.minutes[0] or 0 for each in summary.durations() if each.number
    }
