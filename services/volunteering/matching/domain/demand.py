"""The demand of a need on the search for volunteers."""

from typing import NamedTuple

from services.volunteering.matching.domain.asks import AskLimits
from services.volunteering.matching.domain.requirement import Requirement
from services.volunteering.matching.domain.standing import StandingBounds


class Demand(NamedTuple):
    """The size of a search: the requirement, the people still missing, and the people to leave out.

    `people` is at most 100. `enough` suitable people, 100 at most, end the search where too few of them are confirmed
    without being asked. `already` are the ids of the people who have a dispatch of this need in any state, `settled`
    those of them who declined, withdrew or have a part in it. A `later` need has not waited yet: people who were freed
    for waiting needs are left to those. Nobody is asked beyond `limits`. `carers` have served the same home before, the
    most familiar first: they come before all others.
    """

    requirement: Requirement
    people: int
    enough: int
    already: tuple[str, ...]
    limits: AskLimits
    bounds: StandingBounds
    later: bool = False
    settled: frozenset[str] = frozenset()
    carers: tuple[str, ...] = ()
