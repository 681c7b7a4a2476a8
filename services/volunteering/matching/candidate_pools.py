"""The pools of candidates: the searches that a need makes, ring by ring, before its turn.

Needs of one batch make equal searches as far as possible, because the engine asks equal searches once.
"""

from collections.abc import Collection, Generator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from services.volunteering.matching.domain.asks import AskLimits
from services.volunteering.matching.domain.availability import DAY, covers
from services.volunteering.matching.domain.demand import Demand
from services.volunteering.matching.domain.requirement import Requirement
from services.volunteering.matching.domain.rings import RINGS, ring_area, rings_for
from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.matching.storage import (
    EVERYONE,
    NearestFew,
    NearestMany,
    NearestSome,
    NearestVolunteers,
    SkilledVolunteers,
)
from shared.engine import Load, UnitOfWork

GRID: Final = 2
"""Decimals of the cell that needs of one place share, about 1 km: one pool of candidates serves them all."""
FEW_WANTED: Final = 4
"""Up to so many are wanted, a pool of 12 does."""
SOME_WANTED: Final = 16
"""Up to so many are wanted, a pool of 32 does."""
MOST_WANTED: Final = 100
"""The largest `enough` of a demand; it asks for the largest pool."""


class Pool(NamedTuple):
    """The volunteers that a ring's search brought, as stored; `full` where there may be more than it brought."""

    ring: int
    query: NearestVolunteers
    ids: tuple[str, ...]
    full: bool


Pools = Sequence[Pool]
NO_POOLS: Final[Pools] = ()


def load_pools(
    work: UnitOfWork, demand: Demand, first: NearestVolunteers
) -> Generator[Sequence[Load], UnitOfWork, list[Pool]]:
    """Load ring after ring until enough people are found, and return the pools; at most 5 rounds of loading.

    `first`, the `first_pool`, is loaded already. To be used before the turn: a batch widens its rings together, search
    by search.
    """
    requirement, people, enough, already, limits, bounds, *_ = demand
    # Nobody is confirmed unasked at night or for a risky need: then all are looked for alike.
    unasked = bounds.allow_slot(requirement)
    rings = rings_for(requirement.area)
    found = work.find(first)
    fitting = _fit_slot(found, requirement, already)
    pools = [Pool(rings[0], first, tuple(v.id for v in found), full=True)]
    if unasked and sum(v.standing for v in fitting) >= people:
        return pools
    if len(fitting) < enough:
        # The first pool lacks people with something else that day, and the other replicas' parts: the innermost ring
        # is searched again, for the very slot, before the next one.
        pools[0] = pools[0]._replace(full=False)
        for ring in rings:
            queries = ring_pools(requirement, ring, enough, limits, already)
            work = yield queries
            pools += [_pool(ring, query, found := work.find(query)) for query in queries]
            if len(found) >= enough or (unasked and sum(v.standing for v in found) >= people):
                break
        else:
            # Nobody is left to ask: the reasons against the rest will be wanted in the turn, where loading is dear.
            yield [skilled_pool(requirement)]
            return pools
    if unasked and pools[-1].full and sum(v.standing for v in found) < people:
        # There are enough people to ask, but farther out in the same ring may live some with standing acceptance.
        query = ring_pool(requirement, pools[-1].ring, enough, limits, already, standing=True)
        work = yield [query]
        pools.append(_pool(pools[-1].ring, query, work.find(query)))
    return pools


def _pool(ring: int, query: NearestVolunteers, found: Sequence[Volunteer]) -> Pool:
    return Pool(ring, query, tuple(v.id for v in found), len(found) >= query.limit)


def _fit_slot(found: list[Volunteer], requirement: Requirement, already: Collection[str]) -> list[Volunteer]:
    # The day-wide pool holds people who were asked before, and people whose windows only touch the day.
    return [v for v in found if v.id not in already and (not v.windows or covers(v.windows, requirement.week))]


def first_pool(
    requirement: Requirement, enough: int, limits: AskLimits, part: tuple[int, int] = EVERYONE
) -> NearestVolunteers:
    """Return the search of the innermost ring for volunteers who are free for the whole day of the slot.

    For a need that prefers the younger-old it finds these alone: the others are searched for where these are too few.
    `part` is the (index, count) of this replica.
    """
    # Day-wide, so that all needs of one community, cell, skill and day are one search at any hour; and those
    # with nothing else that day come first, so that loads even out.
    start, end = requirement.week[0] // DAY * DAY, -(-requirement.week[1] // DAY) * DAY
    starts = requirement.starts - (requirement.week[0] - start) * 60
    ends = starts + (end - start) * 60
    area = ring_area(requirement.area, rings_for(requirement.area)[0])
    # Replicas that choose at the same moment would choose the same nearest people, and all but one would have to
    # decide again (42 of 100 batches of two replicas). Each looks at its own part first.
    where, when = (*_cell(requirement), area, requirement.tags), (starts, ends, (start, end))
    return _pool_of_day(_kind(enough), where, when, limits, (part, requirement.peers))


# Equal searches are one object: a batch looks them up in dictionaries again and again, and Python compares by identity
# before it calls `__eq__`, which would compare twelve fields.
@lru_cache(maxsize=256)
def _pool_of_day(
    kind: type[NearestVolunteers],
    where: tuple[float, float, str, tuple[str, ...]],
    when: tuple[int, int, tuple[int, int]],
    limits: AskLimits,
    among: tuple[tuple[int, int], tuple[int, int] | None],
) -> NearestVolunteers:
    part, born = among
    return kind(*where, *when, whole=False, limits=limits, part=part, born=born)


def ring_pools(
    requirement: Requirement, ring: int, enough: int, limits: AskLimits, excluded: tuple[str, ...]
) -> list[NearestVolunteers]:
    """Return the searches of a ring for volunteers free for the very slot: the younger-old preferred, then everybody.

    A search of everybody stops at the nearest, and may bring none of the younger-old.
    """
    everybody = ring_pool(requirement, ring, enough, limits, excluded)
    if requirement.peers is None:
        return [everybody]
    return [ring_pool(requirement, ring, enough, limits, excluded, born=requirement.peers), everybody]


def ring_pool(
    requirement: Requirement,
    ring: int,
    enough: int,
    limits: AskLimits,
    excluded: tuple[str, ...],
    *,
    standing: bool = False,
    born: tuple[int, int] | None = None,
) -> NearestVolunteers:
    """Return the search of a ring, and of the rings inside it, for volunteers who are free for the very slot."""
    return _kind(enough)(
        *_cell(requirement), ring_area(requirement.area, ring), requirement.tags,
        requirement.starts, requirement.ends, requirement.week,
        whole=True, limits=limits, excluded=excluded, standing=standing, born=born,
    )  # fmt: skip


def skilled_pool(requirement: Requirement) -> SkilledVolunteers:
    """Return the search, over the whole city, that explains why nobody was found."""
    return SkilledVolunteers(*_cell(requirement), ring_area(requirement.area, len(RINGS) - 1), requirement.tags)


def _kind(enough: int) -> type[NearestVolunteers]:
    # A full pool holds `enough` people and some to choose from.
    if enough <= FEW_WANTED:
        return NearestFew
    return NearestSome if enough <= SOME_WANTED else NearestMany


def _cell(requirement: Requirement) -> tuple[float, float]:
    return round(requirement.lon, GRID), round(requirement.lat, GRID)
