"""The number of people who were screened, each once, kept by area and by day, week, month, quarter and year.

Their owner alone knows who was screened. Each screening states how many of its people no other one counts in the same
place and period: the kept counts are the sums of these numbers, and no id of a person is needed for them.
"""

from typing import ClassVar, Final

from pydantic import Field

from services.gateway.features.reports.counting import district_of
from services.gateway.features.reports.periods import day_of
from services.gateway.features.reports.screening_rows import SCREENING_EVENTS
from services.gateway.projection.feature import PARTITIONS, Feature, Projection, partition_of
from shared.contracts.areas import LEVELS
from shared.contracts.legal_days import periods_around
from shared.contracts.stations.screenings import ScreeningShape
from shared.engine import Entity, Get, Handling, Incoming, Loading, UnitOfWork, take_turn

AREA_DIGITS: Final = (0, *sorted(LEVELS))
"""Digits of the areas for which people are counted; 0 is everywhere."""
Cell = tuple[str, str]
"""An area and a kept period: `("110102", "2026-W10")`."""


class ScreenedRow(Entity):
    """A screening with the numbers of people whom it counts, by the kind of period, and the day of its beginning.

    `seen` is its version in the newest event.
    """

    collection: ClassVar[str] = "reports_people_screened"
    seen: int = 0
    area: str = ""
    day: str = ""
    people: dict[str, list[int]] = Field(default_factory=dict)


class ScreenedCount(Entity):
    """The people screened in an area and a period, by screenings whose districts are in one partition.

    One part a partition, so that two workers never wait for each other: their sum is the number. A screening that goes
    to another district may leave a part below 0.
    """

    collection: ClassVar[str] = "reports_people_screened_counts"
    people: int = 0


def count_ids(area: str, key: str) -> list[str]:
    """Return the ids of the counts whose sum is the number of an area and a period."""
    return [f"{area}|{key}|{part}" for part in range(PARTITIONS)]


def cells_of(row: ScreenedRow) -> dict[Cell, int]:
    """Return the people whom the screening counts, by area and period."""
    if not row.day:
        return {}
    names = periods_around(row.day)
    return {
        (row.area[:digits], names[kind]): number
        for kind, numbers in row.people.items()
        if kind in names
        for digits, number in zip(AREA_DIGITS, numbers, strict=False)
        if number and digits <= len(row.area)
    }


def fold(row: ScreenedRow, data: ScreeningShape) -> ScreenedRow:
    """Return the screening after the event; itself after an older one."""
    if data.version <= row.seen:
        return row
    people = {} if data.new_people is None else data.new_people.model_dump(mode="json")
    day = day_of((data.began_at or data.starts_at).isoformat())
    return row.model_copy(update={"seen": data.version, "area": data.area, "day": day, "people": people})


def follow_screening(message: Incoming[ScreeningShape]) -> Handling:
    """Keep the screening, and the people in the areas and periods where their number changes."""
    data = message.data
    get, part = Get(ScreenedRow, data.id), partition_of(district_of(data))

    def find(work: UnitOfWork) -> tuple[ScreenedRow, dict[str, int]]:
        before = work.get(ScreenedRow, get.id) or ScreenedRow(id=get.id)
        after = fold(before, data)
        old, new = cells_of(before), cells_of(after)
        changes = {cell: new.get(cell, 0) - old.get(cell, 0) for cell in sorted({*old, *new})}
        return after, {f"{area}|{key}|{part}": change for (area, key), change in changes.items() if change}

    def load() -> Loading:
        work = yield [get]
        yield [Get(ScreenedCount, one) for one in find(work)[1]]

    work = yield from take_turn(load)
    after, changes = find(work)
    if after != work.get(ScreenedRow, get.id):
        work.put(after)
    for one, change in changes.items():
        known = work.get(ScreenedCount, one) or ScreenedCount(id=one)
        work.put(known.model_copy(update={"people": known.people + change}))


FEATURE: Final = Feature(
    "people_screened",
    indexes={ScreenedRow.collection: [], ScreenedCount.collection: []},
    projections=dict.fromkeys(SCREENING_EVENTS, Projection(follow_screening, partition=district_of)),
)
"""Apart from the other reports, so that these are not built again for it."""
