"""Scoring (评分): the points by which one candidate is preferred to another, and the reasons against the rest (L6).

Rings come first: community, then street, district and city. Within a ring the points decide:

====================  ===  ==================================================================================
distance               40  by bands from 500 m to 30 km; bands, so that points never give a home away
skill and language     15  the more of one's skills the need uses, the more; specialists stay free for others
availability           10  a declared window 10, "any time" 6
load fairness          15  divided by one more than the services of the slot's month
reliability            10  the share of dispatches that were kept
younger-old            10  aged 60–69, where the need serves people of 80 and more
====================  ===  ==================================================================================

A need that serves people of 80 and more prefers the younger-old (低龄老人): those of a ring come before all others of
it, with however few points. The others are the overflow: they are chosen where too few younger-old of the ring are
free.

Points within four of each other are equal; then a hash of need and volunteer decides, so that needs that are
decided at the same moment do not all reach for the same person.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from math import cos, hypot, radians
from typing import Final, NamedTuple
from zlib import crc32

from services.volunteering.matching.domain.asks import ANY_WEEK
from services.volunteering.matching.domain.availability import covers
from services.volunteering.matching.domain.demand import Demand
from services.volunteering.matching.domain.distances import METRES_A_DEGREE
from services.volunteering.matching.domain.months import Month
from services.volunteering.matching.domain.requirement import Requirement
from services.volunteering.matching.domain.rings import RINGS, areas_around, ring_of
from services.volunteering.matching.domain.standing import is_minor
from services.volunteering.matching.domain.volunteers import (
    ANY_TAG,
    BOOKINGS_KEPT,
    Volunteer,
    has_most_bookings,
    is_free,
)
from shared.contracts.reasons import Reason, reason

MAX_METRES: Final = 30_000
"""Nobody is sent farther than that."""
BANDS: Final = (
    (500, 40),
    (1_000, 34),
    (2_000, 27),
    (3_000, 22),
    (5_000, 16),
    (10_000, 9),
    (20_000, 4),
    (MAX_METRES, 1),
)
"""Metres up to which a band reaches, and its points."""
FIT_POINTS: Final = 15
WINDOW_POINTS: Final = 10
ANY_TIME_POINTS: Final = 6
FAIRNESS_POINTS: Final = 15
RELIABILITY_POINTS: Final = 10
RELIABILITY_PRIOR: Final = 4
"""Kept dispatches that a newcomer is trusted with."""
MISSED_WEIGHT: Final = 3
PEER_POINTS: Final = 10
OLDER_OLD_GROUPS: Final = frozenset({"elderly_80_plus", "elderly-80+", "older_old"})
"""Beneficiary groups of people of 80 and more; the younger-old (60–69) serve these first."""
SAME_POINTS: Final = 4
OVERFLOW: Final = "chosen_from_overflow"
"""The code of the reason for one of the overflow."""
KEPT: Final = "kept_for_waiting"
"""The reason against people who were freed for needs that wait."""
KEPT_SECONDS: Final = int(BOOKINGS_KEPT.total_seconds())

MOST_COUNTED: Final = 1_024
"""People whose own points are kept, with at most 60 bookings each: about 10 MB."""

OwnPoints = tuple[int, int, int, int]
"""Skill and language, availability, load fairness and reliability: they do not depend on the place of the need."""
_OWN_POINTS: Final[dict[str, tuple[Volunteer, int, int, int]]] = {}
"""By id: the volunteer, the tags used and the month for which they were counted, and the sum of the own points."""
_BAND_ENDS: Final = tuple(end for end, _ in BANDS)
_NEAR_POINTS: Final = dict(BANDS)
_PARTS: Final = ("distance", "fit", "availability", "fairness", "reliability", "younger_old")


class Candidate(NamedTuple):
    """A volunteer who suits the requirement; smaller sorts first."""

    ring: int
    overflow: bool
    behind: int
    spread: int
    volunteer_id: str
    within: int
    volunteer: Volunteer
    demand: Demand

    @property
    def unasked(self) -> bool:
        """Whether standing acceptance confirms this one without an offer: summed for the few who come that far."""
        return self.demand.bounds.allow(self.volunteer, self.demand.requirement)

    @property
    def hindrance(self) -> str | None:
        """The reason why this one cannot come although free: compared for the few who come that far."""
        volunteer, requirement, bounds = self.volunteer, self.demand.requirement, self.demand.bounds
        if is_minor(volunteer, requirement.year) and not bounds.allow_minors(requirement):
            return "outside_minors_hours"
        place = (requirement.lon, requirement.lat)
        if volunteer.places and bounds.find_unreachable(volunteer, place, requirement.starts, requirement.ends):
            return "no_time_to_travel"
        return None

    @property
    def points(self) -> tuple[int, ...]:
        """The points of each part, in the order of the table above."""
        requirement, volunteer = self.demand.requirement, self.volunteer
        peer = requirement.older_old and not self.overflow
        own = _count_own(volunteer, _count_used(requirement), Month.around(requirement.starts))
        return (_NEAR_POINTS[self.within], *own, PEER_POINTS if peer else 0)

    @property
    def why(self) -> Reason:
        """The reason as it is kept with the dispatch: the ring, the band of distance in metres, and the points.

        Its code says whether one of the overflow was chosen, or a carer whom the home knows.
        """
        points = self.points
        parts = dict(zip(_PARTS, points, strict=True))
        found = {"ring": RINGS[self.ring], "within": self.within, "points": sum(points), **parts}
        if self.volunteer_id in self.demand.carers:
            return reason("chosen_as_carer", **found)
        return reason("chosen_from_overflow", **found) if self.overflow else reason("chosen_by_points", **found)


Rejected = dict[int, Counter[str]]
"""By ring: how many people were left out for which reason."""


Ranked = tuple[int, bool, int, int, str, int, Volunteer]
"""The fields of a candidate but the demand, in the order of preference.

The id is unique: the sort compares plain values and never gets as far as the entities.
"""


def order(demand: Demand, pool: Iterable[Volunteer]) -> list[Ranked]:
    """Return the pool by preference, best first, without those beyond the city or 30 km.

    Whether each of them is free is left to `judge` and `take_standing`, which look only where it matters.
    """
    month, requirement = Month.around(demand.requirement.starts), demand.requirement
    ranked: list[Ranked] = []
    # A degree of longitude shrinks towards the poles: the plane is stretched once for the whole pool.
    flatten, seed = cos(radians(requirement.lat)), crc32(requirement.need_id.encode())
    around, peers, used = areas_around(requirement.area), requirement.peers, _count_used(requirement)
    for volunteer in pool:
        ring = ring_of(volunteer.area, around)
        lon, lat = volunteer.home
        far = hypot((lon - requirement.lon) * flatten, lat - requirement.lat) * METRES_A_DEGREE
        if ring is None or far > MAX_METRES:
            continue
        within, near = BANDS[bisect_left(_BAND_ENDS, far)]
        peer = peers is not None and peers[0] <= (volunteer.birth_year or 0) <= peers[1]
        points = near + _sum_own(volunteer, used, month) + (PEER_POINTS if peer else 0)
        spread = crc32(volunteer.id.encode(), seed)
        overflow = peers is not None and not peer
        # Plain tuples: few of them come so far that a candidate is made of them.
        ranked.append((ring, overflow, -(points // SAME_POINTS), spread, volunteer.id, within, volunteer))
    ranked.sort()
    return ranked


def judge(ranked: Iterable[Ranked], demand: Demand, *, now: datetime) -> tuple[list[Candidate], Rejected]:
    """Return the candidates who can come, in the same order, and the reasons against the others by ring."""
    already, seconds = frozenset(demand.already), int(now.timestamp())
    free: list[Candidate] = []
    rejected: Rejected = {}
    for one in ranked:
        candidate = Candidate(*one, demand)
        reason = _reason_against(demand, candidate.volunteer, already, seconds) or candidate.hindrance
        if reason is None:
            free.append(candidate)
        else:
            rejected.setdefault(candidate.ring, Counter())[reason] += 1
    return free, rejected


def _reason_against(demand: Demand, volunteer: Volunteer, already: Collection[str], now: int) -> str | None:
    # These codes are stored with the staffing, counted by ring: enough to explain, nothing about one person.
    if volunteer.id in already or not demand.settled.isdisjoint(volunteer.stands_for):
        return "asked_before"
    if demand.later and volunteer.kept_until > now:
        return KEPT
    requirement, bookings = demand.requirement, volunteer.bookings
    if bookings and (
        has_most_bookings(bookings, now - KEPT_SECONDS) or not is_free(bookings, requirement.starts, requirement.ends)
    ):
        return "booked_then"
    if volunteer.windows and not covers(volunteer.windows, requirement.week):
        return "unavailable_then"
    if demand.limits.allow(len(volunteer.offers), volunteer.asked) or demand.bounds.allow(volunteer, requirement):
        return None
    return "asked_enough_this_week" if demand.limits.used_up_by(volunteer.asked) else "too_many_open_offers"


def load_in(volunteer: Volunteer, month: Month) -> int:
    """Return the number of services of that month that the volunteer has promised or done, whenever promised."""
    over = volunteer.taken if volunteer.month == month.number else 0
    _, first, end = month
    return over + sum(1 for _, begins, _ in volunteer.bookings if first <= begins < end)


def _count_used(requirement: Requirement) -> int:
    # The tag `any` counts as used by every need: otherwise a volunteer with one skill would never fit fully.
    return 1 if requirement.tags[0] == ANY_TAG else 1 + len(requirement.tags)


def _sum_own(volunteer: Volunteer, used: int, month: Month) -> int:
    # The needs of a batch consider the same people again and again: one who has not changed is not counted again.
    kept = _OWN_POINTS.get(volunteer.id)
    if kept is None or kept[0] is not volunteer or kept[1] != used or kept[2] != month.number:
        if len(_OWN_POINTS) >= MOST_COUNTED:
            _OWN_POINTS.clear()
        own = sum(_count_own(volunteer, used, month))
        kept = _OWN_POINTS[volunteer.id] = (volunteer, used, month.number, own)
    return kept[3]


def _count_own(volunteer: Volunteer, used: int, month: Month) -> OwnPoints:
    trusted = volunteer.kept + RELIABILITY_PRIOR
    return (
        FIT_POINTS * used // len(volunteer.tags),
        WINDOW_POINTS if volunteer.windows else ANY_TIME_POINTS,
        FAIRNESS_POINTS // (1 + load_in(volunteer, month)),
        RELIABILITY_POINTS * trusted // (trusted + MISSED_WEIGHT * volunteer.missed),
    )


def take_standing(ranked: Iterable[Ranked], demand: Demand, *, now: datetime) -> list[Candidate]:
    """Return the first candidates with standing acceptance, near rings first, as many as the demand asks for.

    They are confirmed unasked. No candidate after the last of them is judged: usually the first ones can come.
    """
    already, seconds = frozenset(demand.already), int(now.timestamp())
    coming = (
        candidate
        for one in ranked
        if (volunteer := one[-1]).standing
        and _reason_against(demand, volunteer, already, seconds) is None
        and (candidate := Candidate(*one, demand)).unasked
        and candidate.hindrance is None
    )
    return list(islice(coming, demand.people))


def take_offers(candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """Yield the candidates to ask, near rings first; those who are hindered are left out already."""
    return (c for c in candidates if not c.unasked)


def find_suitable(
    demand: Demand, asked: Sequence[Volunteer], *, now: datetime, same_ask: bool = False
) -> list[Candidate]:
    """Return those of the people asked before who suit the demand still, in the order given.

    A volunteer without the tags is left out: the data was erased, the id merged, or a skill is no longer there. An
    offer that was taken back and is made again is the `same_ask`: the bound of a week does not keep it from anybody.
    """
    if not asked:
        return []
    needed = set(demand.requirement.tags)
    able = [volunteer for volunteer in asked if needed <= set(volunteer.tags)]
    limits = demand.limits._replace(week=ANY_WEEK) if same_ask else demand.limits
    again = demand._replace(already=(), limits=limits)
    suitable, _ = judge(order(again, able), again, now=now)
    place = {volunteer.id: nth for nth, volunteer in enumerate(able)}
    return sorted(suitable, key=lambda candidate: place[candidate.volunteer_id])
