"""Figures of reports, kept with the rows that they count: one table gives the counts and the lists of rows.

A row is counted, in the transaction that stores it, for its day, month and year, and for its community, street and
district. Wider areas and other periods are sums of these. Its earlier counts are taken back by the same function that
gave them, so that any order and repetition of events ends in the same counts.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from services.gateway.features.reports.periods import keys_of
from services.gateway.features.reports.spread import bucket_of
from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.view import View
from shared.contracts.areas import COMMUNITY_DIGITS, DISTRICT_DIGITS, STREET_DIGITS
from shared.contracts.messages import EventData
from shared.engine import Entity, Get, Handling, Incoming, Loading, UnitOfWork, take_turn
from shared.engine.decide.schema import Document

LEVELS: Final = (DISTRICT_DIGITS, STREET_DIGITS, COMMUNITY_DIGITS)
"""Digits of the areas for which counts are kept. A thing of a city or a province counts there alone."""


class ReportRow(View):
    """One counted thing, without a name: its days by the events on them, its labels and its amounts.

    `days` are legal days, `2026-11-03`; a day that is missing counts nothing.
    """

    area: str = ""
    theme: str = ""
    days: dict[str, str] = Field(default_factory=dict)
    labels: dict[str, str] = Field(default_factory=dict)
    amounts: dict[str, int] = Field(default_factory=dict)


class Tally(Entity):
    """The figures of one area, kept period and theme, by their names; of a spread by name and bucket."""

    collection: ClassVar[str] = "reports_tallies"
    table: str
    level: int
    area: str
    key: str
    theme: str
    figures: dict[str, int] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: rows count under the day `day`, by their labels `by`.

    It adds up the amount `adds` where it names one, and otherwise counts rows. `spread` names the amount, in minutes,
    whose spread is kept beside the number. Figures of one name have different numbers of labels.
    """

    name: str
    day: str
    by: tuple[str, ...] = ()
    adds: str = ""
    spread: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one kind and their figures. `path` leads to one thing in the API."""

    name: str
    row: type[ReportRow]
    figures: tuple[Figure, ...]
    path: str

    def indexes(self) -> Sequence[IndexModel]:
        """Return an index for each day by which rows are listed; a row without the day costs it nothing."""
        labels: dict[str, set[str]] = {}
        for figure in self.figures:
            labels.setdefault(figure.day, set()).update(f"labels.{label}" for label in figure.by)
        return [
            IndexModel(
                [(each, ASCENDING) for each in ("area", f"days.{day}", "_id", "theme", *sorted(labels[day]))],
                name=f"by_{day}",
                partialFilterExpression={f"days.{day}": {"$gt": ""}},
            )
            for day in labels
        ]


TALLY_INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    Tally.collection: [IndexModel([(each, ASCENDING) for each in ("table", "level", "key", "area")], name="report")]
}
Cell = tuple[str, str]
"""The name under which a figure is kept, and the day: `("end:served", "2026-11-03")`."""
SPREAD: Final = "/"
"""Stands between the name of a spread and its bucket: `published_ready/37`."""


def name_cell(figure: Figure, labels: Iterable[str]) -> str:
    """Return the name under which the figure is kept: with the values of its labels after colons."""
    return ":".join((figure.name, *labels))


def cells_of(table: Table, row: ReportRow) -> Iterator[tuple[Cell, int]]:
    """Yield every cell in which the row counts, and its share there."""
    for figure in table.figures:
        day, labels = row.days.get(figure.day), [row.labels.get(label, "") for label in figure.by]
        if day is None or not all(labels):
            continue
        if figure.spread:
            if figure.spread in row.amounts:
                yield (f"{name_cell(figure, labels)}{SPREAD}{bucket_of(row.amounts[figure.spread])}", day), 1
        elif share := (row.amounts.get(figure.adds, 0) if figure.adds else 1):
            yield (name_cell(figure, labels), day), share


def levels_of(area: str) -> list[str]:
    """Return the areas for which a thing in that area counts."""
    return [area[:digits] for digits in LEVELS if digits <= len(area)] or [area]


def changes_of(table: Table, before: ReportRow, after: ReportRow) -> dict[str, dict[str, int]]:
    """Return the changes of the figures by the id of the tally: without those that stay as they are."""
    old, new = Counter(dict(cells_of(table, before))), Counter(dict(cells_of(table, after)))
    if (before.area, before.theme) == (after.area, after.theme):
        # Most events change one or two of a dozen cells, and each cell stands in nine tallies.
        new.subtract(old)
        return _spread_out(table, after, new, 1, {})
    return _spread_out(table, after, new, 1, _spread_out(table, before, old, -1, {}))


def _spread_out(
    table: Table, row: ReportRow, cells: Mapping[Cell, int], by: int, found: dict[str, dict[str, int]]
) -> dict[str, dict[str, int]]:
    """Add the shares, times `by`, to the changes found so far, for each area and period in which they count."""
    areas = levels_of(row.area)
    for (name, day), share in cells.items():
        for key in keys_of(day) if share else ():
            for area in areas:
                figures = found.setdefault(f"{table.name}|{area}|{key}|{row.theme}", {})
                figures[name] = figures.get(name, 0) + by * share
    return found


def count(work: UnitOfWork, table: Table, changes: Mapping[str, Mapping[str, int]]) -> None:
    """Add the changes to the loaded tallies. A figure that comes to 0 goes."""
    for tally_id, by in changes.items():
        stored = work.get(Tally, tally_id) or _new_tally(table, tally_id)
        figures = {**stored.figures, **{name: stored.figures.get(name, 0) + more for name, more in by.items()}}
        kept = {name: value for name, value in figures.items() if value}
        work.put(stored.model_copy(update={"figures": kept}))


def _new_tally(table: Table, tally_id: str) -> Tally:
    _, area, key, theme = tally_id.split("|", 3)
    return Tally(id=tally_id, table=table.name, level=len(area), area=area, key=key, theme=theme)


Fold = Callable[[Any, Incoming[Any]], ReportRow]
"""The row after an event, from the row before it, which is empty for a new thing; the same in any order. Pure."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The row of a table that an event changes: the one with the id that `id_of` reads in its data, by `fold`.

    `id_of` returns None for an event that changes no row of the table.
    """

    table: Table
    id_of: Callable[[Any], str | None]
    fold: Fold


@dataclass(slots=True)
class _Change:
    """The change of one row by one event. It is decided again only where an earlier event has changed the row since."""

    kept: Kept
    row_id: str
    message: Incoming[Any]
    stored: ReportRow | None = None
    after: ReportRow | None = None
    counts: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def get(self) -> Get[Any]:
        """The load of the row."""
        return Get(self.kept.table.row, self.row_id)

    def decide(self, work: UnitOfWork) -> ReportRow:
        """Return the row after the event; `counts` are its changes of tallies then."""
        table, get = self.kept.table, self.get
        stored = work.get(table.row, get.id)
        if self.after is None or stored is not self.stored:
            before = stored or table.row(id=get.id)
            self.stored, self.after = stored, self.kept.fold(before, self.message)
            self.counts = changes_of(table, before, self.after)
        return self.after


def follow(events: Sequence[type[EventData]], *kept: Kept) -> ProjectionTable:
    """Return the projections of the events, which keep the rows and their counts.

    A row is in the partition of its district, as its counts are, so that workers do not wait for each other.
    """

    def handle(message: Incoming[Any]) -> Handling:
        ids = ((each, each.id_of(message.data)) for each in kept)
        changes = [_Change(each, row_id, message) for each, row_id in ids if row_id is not None]

        def load() -> Loading:
            work = yield [change.get for change in changes]
            for change in changes:
                change.decide(work)
            yield [Get(Tally, tally_id) for change in changes for tally_id in change.counts]

        work = yield from take_turn(load)
        for change in changes:
            after = change.decide(work)
            if after != change.stored:
                count(work, change.kept.table, change.counts)
                work.put(after)

    return dict.fromkeys(events, Projection(handle, partition=district_of))


def district_of(data: Any) -> str:
    """Return the key of the partition of an event's rows: the district of its area."""
    area: str = data.area
    return area[:DISTRICT_DIGITS]


def rule_of(figure: Figure, labels: Sequence[str], first: str, last: str) -> Document:
    """Return the MongoDB rule for the rows that a figure counts from the first day to the last."""
    rule: Document = {f"days.{figure.day}": {"$gte": first, "$lte": last}}
    rule |= {f"labels.{label}": value for label, value in zip(figure.by, labels, strict=True)}
    if figure.spread or figure.adds:
        rule[f"amounts.{figure.spread or figure.adds}"] = {"$exists": True}
    return rule
