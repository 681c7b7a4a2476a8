"""The areas of a request: the rule that keeps a list within them, and codes that must stand in the register."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from services.gateway.http.authentication import (
    check_area,
)
from services.gateway.http.problems import (
    Problem,
)
from services.gateway.messaging.queries import (
    Queries,
)
from shared.contracts.access import (
    Actor,
    Permission,
)
from shared.contracts.stations.areas import (
    FindKnownAreas,
)
from shared.engine.decide.schema import Document

KNOWN_AREA_SECONDS: Final = 60.0
MOST_KNOWN_AREAS: Final = 20_000
_AFTER_DIGITS: Final = ":"
"""The character after `9`: the codes that begin with a prefix end before it."""


def within(area: str) -> Document:
    """Return the MongoDB rule for that area and all areas in it; an empty area is everywhere."""
    return {"area": {"$gte": area, "$lt": area + _AFTER_DIGITS}} if area else {}


def within_any(field: str, area: str) -> Document:
    """Return the MongoDB rule for a list of areas, one of which is that area or in it; an empty area is everywhere."""
    return {field: {"$elemMatch": {"$gte": area, "$lt": area + _AFTER_DIGITS}}} if area else {}


def bounded_area(caller: Actor, area: str | None, field_name: str = "area", *, permission: Permission = "read") -> str:
    """Return the area asked for, or the caller's own; an empty one is everywhere.

    Raises Problem (403) for an area that does not lie within the caller's own.
    """
    if area is None:
        return caller.area
    check_area(caller, permission, area, field_name)
    return area


def area_rule(caller: Actor, area: str | None) -> Document:
    """Return the MongoDB rule for the area asked for, or for all that the caller reaches; raises as `bounded_area`."""
    return within(bounded_area(caller, area))


@dataclass(slots=True)
class KnownAreas:
    """Codes that the register was found to hold, for KNOWN_AREA_SECONDS. An unknown code is asked for every time."""

    queries: Queries
    clock: Callable[[], float] = monotonic
    _until: dict[str, float] = field(default_factory=dict)

    async def check(self, code: str, field_name: str) -> None:
        """Raise Problem (422) where the register does not hold the code, naming the field of the request."""
        if self._until.get(code, 0.0) > self.clock():
            return
        known = await self.queries.ask(FindKnownAreas(codes=(code,)))
        if code not in known.codes:
            raise Problem(422, "invalid", "unknown_area", field=field_name, area=code)
        # Emptied rather than ordered by age: the codes of a city fit many times over.
        if len(self._until) >= MOST_KNOWN_AREAS:
            self._until.clear()
        self._until[code] = self.clock() + KNOWN_AREA_SECONDS
