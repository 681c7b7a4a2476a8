"""The number of people who were credited for service, each once, kept by area and by month, quarter and year.

People of two places or months are no sum. So each volunteer has a row a year with the months and communities of their
credits: the first credit in an area and a period adds one to the count of both, for the community and every area around
it. A credit that is taken back still was given: nothing is ever taken from these counts.
"""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Final

from pydantic import Field

from services.gateway.features.reports.periods import MONTH_CHARACTERS, Period, day_of, months_of
from services.gateway.projection.feature import PARTITIONS, Feature, Projection, partition_of
from services.gateway.projection.view import instant
from shared.contracts.areas import LEVELS
from shared.contracts.volunteering.timebank import HoursCredited
from shared.engine import Entity, Get, Handling, Incoming, Loading, UnitOfWork, take_turn

MOST_PLACES: Final = 2_000
"""Places and months of one volunteer's year, more than five a day. Further ones count nowhere."""
AREA_DIGITS: Final = (0, *sorted(LEVELS))
"""Digits of the areas for which people are counted; 0 is everywhere."""
Cell = tuple[str, str]
"""An area and a kept period: `("110102", "2026-Q1")`."""


class VolunteerYear(Entity):
    """The communities in which a volunteer was credited, by month. The id is that of the volunteer, and the year."""

    collection: ClassVar[str] = "reports_volunteer_years"
    months: dict[str, list[str]] = Field(default_factory=dict)


class VolunteerCount(Entity):
    """The volunteers of an area and a period whose rows are in one partition of the feed.

    One part a partition, so that two workers never wait for each other: their sum is the number.
    """

    collection: ClassVar[str] = "reports_volunteer_counts"
    volunteers: int = 0


def year_id(volunteer_id: str, year: str) -> str:
    """Return the id of the row of a volunteer's year."""
    return f"{volunteer_id}|{year}"


def count_ids(area: str, key: str) -> list[str]:
    """Return the ids of the counts whose sum is the number of an area and a kept period."""
    return [count_id(area, key, part) for part in range(PARTITIONS)]


def count_id(area: str, key: str, part: int) -> str:
    """Return the id of the count of an area, a kept period and a part."""
    return f"{area}|{key}|{part}"


def is_kept(period: Period) -> bool:
    """Return whether people are counted by that period: a month, a quarter or a year."""
    return len(period.name) <= MONTH_CHARACTERS


def keys_of_month(month: str) -> tuple[str, str, str]:
    """Return the kept periods of a month: itself, its quarter and its year."""
    year, number = month.split("-")
    return month, f"{year}-Q{(int(number) + 2) // 3}", year


def cells_of_places(places: Iterable[tuple[str, str]]) -> set[Cell]:
    """Return the areas and the periods in which somebody counts who was credited in these months and areas."""
    return {
        (area[:digits], key)
        for month, area in places
        for digits in AREA_DIGITS
        if digits <= len(area)
        for key in keys_of_month(month)
    }


def places_of(row: VolunteerYear) -> Iterator[tuple[str, str]]:
    """Yield the months and the areas of the row."""
    for month, areas in row.months.items():
        for area in areas:
            yield month, area


def is_among(row: VolunteerYear, area: str, period: Period) -> bool:
    """Return whether the volunteer was credited in the area within a kept period of the row's year."""
    return any(one.startswith(area) for month in months_of(period) for one in row.months.get(month, ()))


def with_place(row: VolunteerYear, month: str, area: str) -> VolunteerYear:
    """Return the row with the month and the area; itself where it has them, or as many as a row takes."""
    known = row.months.get(month, [])
    if area in known or sum(map(len, row.months.values())) >= MOST_PLACES:
        return row
    return row.model_copy(update={"months": {**row.months, month: sorted([*known, area])}})


def follow_credit(message: Incoming[HoursCredited]) -> Handling:
    """Count the volunteer in the areas and periods in which this credit is the first."""
    data = message.data
    month, part = day_of(instant(message))[:MONTH_CHARACTERS], partition_of(data.volunteer_id)
    get = Get(VolunteerYear, year_id(data.volunteer_id, month[:4]))

    def find(work: UnitOfWork) -> tuple[VolunteerYear | None, VolunteerYear, list[str]]:
        stored = work.get(VolunteerYear, get.id)
        after = with_place(stored or VolunteerYear(id=get.id), month, data.area)
        before = places_of(stored) if stored is not None else ()
        fresh = cells_of_places(places_of(after)) - cells_of_places(before)
        return stored, after, [count_id(area, key, part) for area, key in sorted(fresh)]

    def load() -> Loading:
        work = yield [get]
        yield [Get(VolunteerCount, one) for one in find(work)[2]]

    work = yield from take_turn(load)
    stored, after, fresh = find(work)
    if after != stored:
        work.put(after)
    for one in fresh:
        known = work.get(VolunteerCount, one) or VolunteerCount(id=one)
        work.put(known.model_copy(update={"volunteers": known.volunteers + 1}))


def _volunteer_of(data: Any) -> str:
    volunteer_id: str = data.volunteer_id
    return volunteer_id


FEATURE: Final = Feature(
    "volunteer_years",
    indexes={VolunteerYear.collection: [], VolunteerCount.collection: []},
    projections={HoursCredited: Projection(follow_credit, partition=_volunteer_of)},
)
"""Apart from the other reports: its rows are in the partitions of the volunteers, and not of the districts."""
