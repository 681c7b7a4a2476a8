"""The requirement (服务要求) that a need makes of a volunteer."""

from typing import Final, NamedTuple

YOUNGEST_PEER: Final = 60
OLDEST_PEER: Final = 69
"""The younger-old (低龄老人): those who serve people of 80 and more first."""


class Requirement(NamedTuple):
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

    @property
    def peers(self) -> tuple[int, int] | None:
        """The first and the last year of birth of the younger-old, where the need prefers them; else None."""
        return (self.year - OLDEST_PEER, self.year - YOUNGEST_PEER) if self.older_old else None
