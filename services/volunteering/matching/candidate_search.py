"""The search for candidates, in the need's turn: rank the pools ring by ring, search further where they are used up."""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from services.volunteering.matching.candidate_pools import MOST_WANTED, Pools, ring_pool, ring_pools
from services.volunteering.matching.domain.demand import Demand
from services.volunteering.matching.domain.rings import rings_for
from services.volunteering.matching.domain.scoring import Candidate, Ranked, Rejected, judge, order, take_standing
from services.volunteering.matching.domain.volunteers import Volunteer
from shared.engine import Load, UnitOfWork

Searching = Generator[Sequence[Load], UnitOfWork, UnitOfWork]
"""A part of a handler in its turn: it may load more, alone, and gives back the unit of work."""


@dataclass
class CandidateSearch:
    """One search: its demand and instant, the volunteers seen, and those who can be confirmed without being asked."""

    demand: Demand
    now: datetime
    seen: dict[str, Volunteer] = field(default_factory=dict)
    standing: Sequence[Candidate] = ()
    """As many as the demand needs at most."""
    _ordered: Sequence[Ranked] = ()

    def add(self, found: Iterable[Volunteer | None]) -> bool:
        """Add these volunteers; return whether enough of all are now `confirmable`."""
        for volunteer in found:
            if volunteer is not None:
                self.seen[volunteer.id] = volunteer
        # All are put in order again: pools overlap, and nobody may count twice.
        self._ordered = order(self.demand, self.seen.values())
        self.standing = take_standing(self._ordered, self.demand, now=self.now)
        self.__dict__.pop("judged", None)
        return self.confirmable

    @cached_property
    def judged(self) -> tuple[Sequence[Candidate], Rejected]:
        """All who can come, best first, and the reasons against the others: wanted only where people are asked."""
        return judge(self._ordered, self.demand, now=self.now)

    @property
    def candidates(self) -> Sequence[Candidate]:
        """All who can come, best first."""
        return self.judged[0]

    @property
    def rejected(self) -> Rejected:
        """The reasons against the others."""
        return self.judged[1]

    @property
    def confirmable(self) -> bool:
        """Whether enough can be confirmed without being asked."""
        return len(self.standing) >= self.demand.people

    @property
    def enough(self) -> bool:
        """Whether there are enough to be asked."""
        return len(self.candidates) >= self.demand.enough


def search_rings(work: UnitOfWork, search: CandidateSearch, pools: Pools) -> Searching:
    """Search ring after ring until there are enough candidates; at most 5 rounds of loading.

    Only the last ring of the `pools` can have a full one: two rounds search that ring further, one round each of the
    three beyond it. With one more for the explanation this stays within the engine's bound of a turn (`MAX_ROUNDS`).
    """
    for ring in rings_for(search.demand.requirement.area):
        known = [pool for pool in pools if pool.ring == ring]
        for pool in known:
            if search.add(work.get(Volunteer, i) for i in pool.ids):
                return work
        if known and not any(pool.full for pool in known):
            # The pools have everyone stored in this ring. The same query again adds the people whom this very batch
            # has registered or freed, without a round trip.
            if search.add(work.find(known[-1].query)):
                return work
        else:
            # Others of the batch have used the pool up, or nobody has looked there: the same ring comes before the
            # next one, or a neighbour would be passed over.
            work = yield from _search_further(work, search, ring, at_once=not known)
            if search.confirmable:
                return work
        if search.enough:
            return work
    return work


def _search_further(work: UnitOfWork, search: CandidateSearch, ring: int, *, at_once: bool) -> Searching:
    """Add up to 256 people of the ring with standing acceptance, then, if these are too few, up to 256 of all.

    In a ring that was not searched yet both are loaded `at_once`, because the rounds of loading in a turn are few.
    """
    requirement, already, limits = search.demand.requirement, search.demand.already, search.demand.limits
    standing = ring_pool(requirement, ring, MOST_WANTED, limits, already, standing=True)
    everyone = ring_pools(requirement, ring, MOST_WANTED, limits, already)
    work = yield [standing, *everyone] if at_once else [standing]
    if not search.add(work.find(standing)):
        if not at_once:
            work = yield everyone
        search.add(found for query in everyone for found in work.find(query))
    return work
