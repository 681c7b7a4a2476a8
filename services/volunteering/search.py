"""Looking for people: climb the rings, confirm those with standing acceptance, offer to others, say why not."""

from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from services.volunteering.domain.availability import week_slot
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
from services.volunteering.domain.staffing import Staffing, Step
from services.volunteering.domain.volunteers import ANY_TAG, Volunteer, asked, booked, month_of
from services.volunteering.storage import Nearby, everyone_skilled, pool_of, wider_pools
from shared.contracts.need_parts import Tried, Waiting
from shared.engine import Desk, Load

Searching = Generator[Sequence[Load], Desk, Desk]
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


def first_pool(staffing: Staffing, policy: Policy) -> Nearby:
    """The pool to load before TURN; needs of one place, skill and part of the day share it."""
    return pool_of(wish_of(staffing, policy), staffing.headcount, policy.max_open_offers)


def further_pools(staffing: Staffing, policy: Policy) -> list[Load]:
    """What a thin first pool makes necessary; loaded for the whole batch at once."""
    wish = wish_of(staffing, policy)
    return [wider_pools(wish, policy.max_open_offers, ())[0], everyone_skilled(wish)]


@dataclass(slots=True)
class _Hunt:
    """One search: how many are wanted, who fits, who was chosen."""

    step: Step
    policy: Policy
    wish: Wish
    already: frozenset[str]
    people: int
    fitting: list[Candidate]
    rejected: Rejected

    def look(self, pool: Sequence[Volunteer]) -> None:
        self.fitting, self.rejected = rank(
            self.wish,
            pool,
            self.already,
            max_offers=self.policy.max_open_offers,
            month=month_of(self.step.now),
        )

    @property
    def enough(self) -> bool:
        standing = sum(c.volunteer.standing for c in self.fitting)
        return standing >= self.people or len(self.fitting) >= self.people * self.policy.wave_factor


def find_people(desk: Desk, step: Step, pool: Sequence[str], policy: Policy) -> Searching:
    """Fill what is missing, as far as people are found; `pool` are the ids of the first pool."""
    hunt = _hunt(step, policy)
    if hunt.people <= 0:
        return desk
    hunt.look([v for i in pool if (v := desk.get(Volunteer, i)) is not None])
    if not hunt.enough:
        desk = yield from _look_wider(desk, hunt)
    standing = take_standing(hunt.fitting, min(hunt.people, MAX_CHANGES))
    left = hunt.people - len(standing)
    room = min(left * policy.wave_factor, MAX_CHANGES - len(standing)) - step.count("offered")
    offers = take_offers(hunt.fitting, max(0, room))
    step.more = len(standing) == MAX_CHANGES and left > 0
    _engage(desk, step, standing, offers, policy)
    if not step.more and len(offers) < room and step.count("offered") < step.missing:
        skilled = everyone_skilled(hunt.wish)
        desk = yield [skilled]
        hunt.look(desk.found(skilled))
        step.facts["searches"] = step.before.searches + 1
        step.facts["tried"] = _tried(hunt, standing, offers, all_rings=True)
        step.facts["waiting"] = (_waiting(step, policy),)
    else:
        step.facts["searches"] = 0
        step.facts["tried"] = _tried(hunt, standing, offers, all_rings=False)
    return desk


def _hunt(step: Step, policy: Policy) -> _Hunt:
    already = frozenset(row.volunteer_id for row in step.rows)
    return _Hunt(step, policy, wish_of(step.before, policy), already, step.missing, [], {})


def _look_wider(desk: Desk, hunt: _Hunt) -> Searching:
    for pool in wider_pools(hunt.wish, hunt.policy.max_open_offers, tuple(sorted(hunt.already))):
        desk = yield [pool]
        found = desk.found(pool)
        hunt.look(found)
        if hunt.enough or len(found) < pool.limit:
            break
    return desk


def _engage(desk: Desk, step: Step, standing: Sequence[Candidate], offers: Sequence[Candidate], policy: Policy) -> None:
    for candidate in standing:
        row = step.add(candidate.volunteer_id, "accepted", RINGS[candidate.ring], candidate.why, None)
        desk.put(booked(candidate.volunteer, step.before.hold(row.id), step.now))
    for candidate in offers:
        expires_at = min(step.now + policy.offer, step.before.ends_at)
        row = step.add(candidate.volunteer_id, "offered", RINGS[candidate.ring], candidate.why, expires_at)
        desk.put(asked(candidate.volunteer, step.before.hold(row.id)))


def _tried(
    hunt: _Hunt, standing: Sequence[Candidate], offers: Sequence[Candidate], *, all_rings: bool
) -> tuple[Tried, ...]:
    confirmed, offered = Counter(c.ring for c in standing), Counter(c.ring for c in offers)
    last = max((c.ring for c in (*standing, *offers)), default=-1)
    tried = []
    for ring in rings_for(hunt.step.before.area):
        if ring > last and not all_rings:
            break
        gave = [f"{n} {what}" for n, what in ((confirmed[ring], _STANDING), (offered[ring], _OFFERED)) if n]
        reason = ", ".join(gave) or _why_not(hunt, ring, diagnosed=all_rings)
        tried.append(
            Tried.model_construct(ring=RINGS[ring], gave=confirmed[ring] + offered[ring], reason=reason, line_id=None)
        )
    return tuple(tried)


_STANDING = "confirmed by standing acceptance"
_OFFERED = "offered"


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
