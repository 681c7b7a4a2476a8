"""The requirement (服务要求) that a need makes of a volunteer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Requirement:
    """Place, tags and slot of a need, as matching compares them with a volunteer.

    `starts` and `ends` are seconds since 1970 UTC, `week` is the slot in minutes of the week in the city's own time,
    `lon` and `lat` are WGS 84 degrees. `older_old` is set where the need serves people of 80 and more, `risky` where
    everybody is asked.
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
    risky: bool = False
