"""The requirement (服务要求) that a need makes of a volunteer."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Requirement:
    """Place, tags and slot of a need, as matching compares them with a volunteer.

    `starts` and `ends` are seconds since 1970 UTC, `week` is the slot in minutes of the week in the city's own time,
    `lon` and `lat` are WGS 84 degrees. `older_old` is set where the need serves people of 80 and more.
    """

    need_id: str
    lon: float
    lat: float
    area: str
    tags: tuple[str, ...]
    starts: int
    ends: int
    week: tuple[int, int]
    year: int
    older_old: bool


class Demand(NamedTuple):
    """The size of a search: the requirement, the people still missing, and the people to leave out.

    `people` is at most 100. `enough` suitable people, 100 at most, end the search where too few of them are confirmed
    without being asked. `already` are the ids of the people who have a dispatch of this need in any state.
    """

    requirement: Requirement
    people: int
    enough: int
    already: tuple[str, ...]
    max_open_offers: int
