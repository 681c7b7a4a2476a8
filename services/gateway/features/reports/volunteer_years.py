"""The number of people who were credited for service, each once, kept by area and by month, quarter and year.

People of two places or months are no sum. So each volunteer has a row a year with the months and communities of their
credits: the first credit in an area and a period adds one to the count of both, for the community and every area around
it. A credit that is taken back still was given: nothing is ever taken from these counts.
"""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Final

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from services.gateway.features.reports.periods import MONTH_CHARACTERS, Period, day_of
from services.gateway.projection.feature import PARTITIONS, Feature, Projection, partition_of
from services.gateway.projection.view import instant
from shared.contracts.areas import LEVELS
from shared.contracts.merging import MergeSnapshot
from shared.contracts.volunteering.merges import VolunteersMerged, VolunteersUnmerged
from shared.contracts.volunteering.timebank import HoursCredited
from shared.engine import Document, Entity, Get, Handling, Incoming, Loading, UnitOfWork, take_turn

MOST_PLACES: Final = 2_000
"""Places and months of one volunteer's year, more than five a day. Further ones count nowhere."""
AREA_DIGITS: Final = (0, *sorted(LEVELS))
"""Digits of the areas for which people are counted; 0 is everywhere."""
_AFTER_DIGITS: Final = ":"
"""The character after `9`: the codes that begin with a prefix end before it."""
_HAS_MERGED: Final[Document] = {"merged_in.0": {"$exists": True}}
Cell = tuple[str, str]
"""An area and a kept period: `("110102", "2026-Q1")`."""


class VolunteerYear(Entity):
    """The communities in which a volunteer was credited, by month. The id is that of the volunteer, and the year.

    `merged_in` are the kept periods and communities of one whose id ever took part in a merge: by these the people are
    found who may be counted twice. It is empty for all others.
    """

    collection: ClassVar[str] = "reports_volunteer_years"
    months: dict[str, list[str]] = Field(default_factory=dict)
    merged_in: list[str] = Field(default_factory=list)


class CreditedVolunteer(Entity):
    """The years in which a volunteer was credited, and whether the id ever took part in a merge. It has that id.

    Both a merge and the first credit of a year change it, so that of two at once the second is applied again.
    """

    collection: ClassVar[str] = "reports_credited_volunteers"
    years: list[str] = Field(default_factory=list)
    merged: bool = False


class VolunteerCount(Entity):
    """The volunteers of an area and a period whose rows are in one partition of the feed.

    One part a partition, so that two workers never wait for each other: their sum is the number.
    """

    collection: ClassVar[str] = "reports_volunteer_counts"
    volunteers: int = 0


def year_id(volunteer_id: str, year: str) -> str:
    """Return the id of the row of a volunteer's year."""
    return f"{volunteer_id}|{year}"


def volunteer_of(row_id: str) -> str:
    """Return the id of the volunteer whose year the row is."""
    return row_id.partition("|")[0]


def find_merged_rule(area: str, key: str) -> Document:
    """Return the MongoDB rule for the rows of volunteers who were credited in the area and the kept period, and whose
    ids took part in a merge.
    """
    begin = f"{key}|{area}"
    return {"merged_in": {"$elemMatch": {"$gte": begin, "$lt": begin + _AFTER_DIGITS}}, **_HAS_MERGED}


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


def with_place(row: VolunteerYear, month: str, area: str) -> VolunteerYear:
    """Return the row with the month and the area; itself where it has them, or as many as a row takes."""
    known = row.months.get(month, [])
    if area in known or sum(map(len, row.months.values())) >= MOST_PLACES:
        return row
    return row.model_copy(update={"months": {**row.months, month: sorted([*known, area])}})


def with_merged_in(row: VolunteerYear) -> VolunteerYear:
    """Return the row as that of somebody whose id took part in a merge."""
    merged = {f"{key}|{area}" for month, area in places_of(row) for key in keys_of_month(month)}
    return row.model_copy(update={"merged_in": sorted(merged)})


def follow_credit(message: Incoming[HoursCredited]) -> Handling:
    """Count the volunteer in the areas and periods in which this credit is the first."""
    data = message.data
    month, part = day_of(instant(message))[:MONTH_CHARACTERS], partition_of(data.volunteer_id)
    get, own = Get(VolunteerYear, year_id(data.volunteer_id, month[:4])), Get(CreditedVolunteer, data.volunteer_id)

    def find(work: UnitOfWork) -> tuple[VolunteerYear | None, VolunteerYear, list[str]]:
        stored = work.get(VolunteerYear, get.id)
        after = with_place(stored or VolunteerYear(id=get.id), month, data.area)
        before = places_of(stored) if stored is not None else ()
        fresh = cells_of_places(places_of(after)) - cells_of_places(before)
        return stored, after, [count_id(area, key, part) for area, key in sorted(fresh)]

    def load() -> Loading:
        work = yield [get]
        if work.get(VolunteerYear, get.id) is None:
            yield [own]
        yield [Get(VolunteerCount, one) for one in find(work)[2]]

    work = yield from take_turn(load)
    stored, after, fresh = find(work)
    merged = stored is not None and bool(stored.merged_in)
    if stored is None:
        known = work.get(CreditedVolunteer, own.id) or CreditedVolunteer(id=own.id)
        merged = known.merged
        work.put(known.model_copy(update={"years": [*known.years, month[:4]]}))
    if after != stored:
        work.put(with_merged_in(after) if merged else after)
    for one in fresh:
        count = work.get(VolunteerCount, one) or VolunteerCount(id=one)
        work.put(count.model_copy(update={"volunteers": count.volunteers + 1}))


def follow_merge(message: Incoming[MergeSnapshot]) -> Handling:
    """Mark the rows of all ids that the merge touched, once and for all: the identities have how they stand."""
    people = [identity.id for identity in message.data.identities]

    def load() -> Loading:
        work = yield [Get(CreditedVolunteer, one) for one in people]
        found = (work.get(CreditedVolunteer, one) for one in people)
        yield [Get(VolunteerYear, year_id(one.id, year)) for one in found if one is not None for year in one.years]

    work = yield from take_turn(load)
    for one in people:
        known = work.get(CreditedVolunteer, one) or CreditedVolunteer(id=one)
        if known.merged:
            continue
        work.put(known.model_copy(update={"merged": True}))
        for year in known.years:
            work.put(with_merged_in(work.require(VolunteerYear, year_id(one, year), "volunteer_id")))


def _volunteer_of(data: Any) -> str:
    volunteer_id: str = data.volunteer_id
    return volunteer_id


FEATURE: Final = Feature(
    "volunteer_years",
    indexes={
        VolunteerYear.collection: [
            IndexModel(
                [("merged_in", ASCENDING), ("_id", ASCENDING)], name="merged_in", partialFilterExpression=_HAS_MERGED
            ),
        ],
        VolunteerCount.collection: [],
        CreditedVolunteer.collection: [],
    },
    projections={
        HoursCredited: Projection(follow_credit, partition=_volunteer_of),
        VolunteersMerged: Projection(follow_merge),
        VolunteersUnmerged: Projection(follow_merge),
    },
    edition=2,
)
"""Apart from the other reports: its rows are in the partitions of the volunteers, and not of the districts."""
