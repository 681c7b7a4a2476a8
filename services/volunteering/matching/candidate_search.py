"""Looking for people: climb the rings, confirm those with standing acceptance, offer to others, say why not."""

from collections import Counter
from collections.abc import Collection, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from services.volunteering.domain.availability import covers, week_slot
from services.volunteering.domain.matching import (
    RINGS,
    Candidate,
    Rejected,
    Wish,
    rank,
    rings_for,
    take_offers,
    take_standing,
)
from services.volunteering.domain.policy import MAX_CHANGES, Policy
from services.volunteering.domain.staffing import Dispatch, Staffing, Step
from services.volunteering.domain.volunteers import ANY_TAG, Volunteer, asked, booked, month_of
from services.volunteering.nearby import Nearby, everyone_skilled, first_pool, ring_pool
from shared.contracts.need_parts import Tried, Waiting
from shared.engine import Load, UnitOfWork
from shared.engine.store.replicas import Share

Searching = Generator[Sequence[Load], UnitOfWork, UnitOfWork]
"""A part of a handler after TURN: it may ask for more, alone."""


def wish_of(staffing: Staffing, policy: Policy) -> Wish:
    """What the need asks of a volunteer."""
    _, starts, ends = staffing.hold("")
    return Wish(
        need_id=staffing.id,
        lon=staffing.place[0],
        lat=staffing.place[1],
        area=staffing.area,
        tags=staffing.tags,
        starts=starts,
        ends=ends,
        week=week_slot(staffing.starts_at, staffing.ends_at, policy.zone),
        year=staffing.starts_at.year,
        older_old=staffing.older_old,
    )


class Pool(NamedTuple):
    """Who a ring's query brought, as stored; `full` where there may be more of them than it brought."""

    ring: int
    query: Nearby
    ids: tuple[str, ...]
    full: bool


Pools = Sequence[Pool]
NO_POOLS: Final[Pools] = ()


def wanted(people: int, policy: Policy) -> int:
    """How many suitable people suffice where nobody of them has accepted in advance."""
    return min(people * policy.wave_factor, MAX_CHANGES)


def innermost(wish: Wish, staffing: Staffing, policy: Policy, share: Share) -> Nearby:
    """The first pool to load; needs of one community, skill and day share it."""
    return first_pool(wish, wanted(staffing.missing, policy), policy.max_open_offers, share.part)


def gather(
    work: UnitOfWork, wish: Wish, staffing: Staffing, policy: Policy, query: Nearby
) -> Generator[Sequence[Load], UnitOfWork, list[Pool]]:
    """Before TURN: climb the rings until enough people are loaded; `query`, the `innermost`, is loaded already.

    A batch climbs together, query by query. The first pool lacks those who have something else that day and those
    whom other replicas look at first, so the innermost ring is searched again, for the very slot, before the next one.
    """
    people, but = min(staffing.missing, MAX_CHANGES), _asked(staffing.dispatches)
    need, most = wanted(people, policy), policy.max_open_offers
    rings = rings_for(staffing.area)
    found = work.find(query)
    fitting = _fitting(found, wish, but)
    pools = [Pool(rings[0], query, tuple(v.id for v in found), full=True)]
    if sum(v.standing for v in fitting) >= people:
        return pools
    if len(fitting) < need:
        pools[0] = pools[0]._replace(full=False)
        for ring in rings:
            query = ring_pool(wish, ring, need, most, but)
            work = yield [query]
            pools.append(_pool(ring, query, found := work.find(query)))
            if len(found) >= need or sum(v.standing for v in found) >= people:
                break
        else:
            yield [everyone_skilled(wish)]
            return pools
    if pools[-1].full and sum(v.standing for v in found) < people:
        query = ring_pool(wish, pools[-1].ring, need, most, but, standing=True)
        work = yield [query]
        pools.append(_pool(pools[-1].ring, query, work.find(query)))
    return pools


def _pool(ring: int, query: Nearby, found: Sequence[Volunteer]) -> Pool:
    return Pool(ring, query, tuple(v.id for v in found), len(found) >= query.limit)


def _fitting(found: list[Volunteer], wish: Wish, but: Collection[str]) -> list[Volunteer]:
    """Without those whom the first pool holds although they were asked before or come at another time of the day."""
    return [v for v in found if v.id not in but and (not v.windows or covers(v.windows, wish.week))]


@dataclass(slots=True)
class _Hunt:
    """One search: how many are wanted, who has been seen, who fits."""

    step: Step
    policy: Policy
    wish: Wish
    already: tuple[str, ...]
    people: int
    seen: dict[str, Volunteer]
    fitting: list[Candidate]
    rejected: Rejected

    def look(self, found: Iterable[Volunteer | None]) -> bool:
        """Take these people into account too; whether enough of all can be confirmed without being asked."""
        self.seen.update((v.id, v) for v in found if v is not None)
        self.fitting, self.rejected = rank(
            self.wish,
            self.seen.values(),
            self.already,
            max_offers=self.policy.max_open_offers,
            month=month_of(self.step.now),
        )
        return self.confirmable

    @property
    def confirmable(self) -> bool:
        """Whether enough can be confirmed without being asked."""
        return sum(c.volunteer.standing for c in self.fitting) >= self.people

    @property
    def enough(self) -> bool:
        """Whether there are enough to be asked."""
        return len(self.fitting) >= wanted(self.people, self.policy)


def find_people(work: UnitOfWork, step: Step, wish: Wish, pools: Pools, policy: Policy) -> Searching:
    """Fill what is missing, as far as people are found; `pools` are what `gather` brought."""
    people = min(step.missing, MAX_CHANGES)
    hunt = _Hunt(step, policy, wish, _asked(step.rows), people, {}, [], {})
    if people <= 0:
        return work
    work = yield from _climb(work, hunt, pools)
    standing = take_standing(hunt.fitting, people)
    left = step.missing - len(standing)
    room = min(left * policy.wave_factor, MAX_CHANGES - len(standing)) - step.count("offered")
    offers = take_offers(hunt.fitting, max(0, room))
    step.more = len(standing) == MAX_CHANGES and left > 0
    _engage(work, step, standing, offers, policy)
    short = not step.more and len(offers) < room and step.count("offered") < step.missing
    step.facts["searches"] = step.before.searches + 1 if short else 0
    if short:
        skilled = everyone_skilled(hunt.wish)
        work = yield [skilled]
        hunt.look(work.find(skilled))
        step.facts["waiting"] = (_waiting(step, policy),)
    step.facts["tried"] = _tried(hunt, standing, offers, diagnosed=short)
    return work


def _climb(work: UnitOfWork, hunt: _Hunt, pools: Pools) -> Searching:
    """See ring after ring. Where others of the batch have used a pool up, see more of the same ring first."""
    for ring in rings_for(hunt.wish.area):
        known = [pool for pool in pools if pool.ring == ring]
        for pool in known:
            if hunt.look(work.get(Volunteer, i) for i in pool.ids):
                return work
        if known and not any(pool.full for pool in known):
            if hunt.look(work.find(known[-1].query)):  # with those whom this very batch has registered
                return work
        else:
            work = yield from _see_more(work, hunt, ring, at_once=not known)
            if hunt.confirmable:
                return work
        if hunt.enough:
            return work
    return work


def _see_more(work: UnitOfWork, hunt: _Hunt, ring: int, *, at_once: bool) -> Searching:
    """Up to 256 of the ring who need not be asked, then, if there are too few of them, as many of all.

    A ring that nobody has looked at yet is asked both `at_once`: a handler may not ask often in its turn.
    """
    most = hunt.policy.max_open_offers
    standing, everyone = (
        ring_pool(hunt.wish, ring, MAX_CHANGES, most, hunt.already, standing=only) for only in (True, False)
    )
    work = yield [standing, everyone] if at_once else [standing]
    if not hunt.look(work.find(standing)):
        if not at_once:
            work = yield [everyone]
        hunt.look(work.find(everyone))
    return work


def _asked(rows: Iterable[Dispatch]) -> tuple[str, ...]:
    return tuple(sorted(row.volunteer_id for row in rows))


def _engage(
    work: UnitOfWork, step: Step, standing: Sequence[Candidate], offers: Sequence[Candidate], policy: Policy
) -> None:
    for candidate in standing:
        row = step.add(candidate.volunteer_id, "accepted", RINGS[candidate.ring], candidate.why, None)
        work.put(booked(candidate.volunteer, step.before.hold(row.id), step.now))
    for candidate in offers:
        expires_at = min(step.now + policy.offer, step.before.ends_at)
        row = step.add(candidate.volunteer_id, "offered", RINGS[candidate.ring], candidate.why, expires_at)
        work.put(asked(candidate.volunteer, step.before.hold(row.id)))


def _tried(
    hunt: _Hunt, standing: Sequence[Candidate], offers: Sequence[Candidate], *, diagnosed: bool
) -> tuple[Tried, ...]:
    confirmed, offered = Counter(c.ring for c in standing), Counter(c.ring for c in offers)
    last = max((c.ring for c in (*standing, *offers)), default=-1)
    tried = []
    for ring in rings_for(hunt.wish.area):
        if ring > last and not diagnosed:
            break
        gave = [f"{n} {what}" for n, what in ((confirmed[ring], _STANDING), (offered[ring], _OFFERED)) if n]
        reason = ", ".join(gave) or _why_not(hunt, ring, diagnosed=diagnosed)
        given = confirmed[ring] + offered[ring]
        tried.append(Tried(ring=RINGS[ring], gave=given, reason=reason, line_id=None))
    return tuple(tried)


_STANDING: Final = "confirmed by standing acceptance"
_OFFERED: Final = "offered"


def _why_not(hunt: _Hunt, ring: int, *, diagnosed: bool) -> str:
    if not diagnosed:
        return "nobody suitable there is free"
    reasons = hunt.rejected.get(ring)
    if reasons:
        parts = ", ".join(f"{n} {reason}" for reason, n in sorted(reasons.items()))
        return f"{sum(reasons.values())} suitable: {parts}"
    if hunt.wish.tags == (ANY_TAG,):
        return "no volunteer near enough lives there"
    return f"nobody near enough with {', '.join(hunt.wish.tags)} lives there"


def _waiting(step: Step, policy: Policy) -> Waiting:
    found = step.before.headcount - step.missing
    minutes = max(1, int(policy.recheck.total_seconds() // 60))
    return Waiting(
        for_what="volunteers",
        reason=f"{found} of {step.before.headcount} found, {step.count('offered')} asked; "
        "nobody else within reach is suitable and free",
        next_step="It is tried again when a volunteer registers or is freed, "
        f"and by itself, first after {minutes} min.",
    )
