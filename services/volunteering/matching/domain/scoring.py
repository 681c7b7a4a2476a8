"""Who suits a need best, and why (L6).

Rings come first: community, then street, district and city. Within a ring the points decide:

====================  ===  ==================================================================================
distance               40  by bands from 500 m to 30 km; bands, so that points never tell where someone lives
skill and language     15  the more of one's skills the need uses, the more; specialists stay free for others
availability           10  a declared window 10, "any time" 6
load fairness          15  divided by one more than the dispatches taken this month
reliability            10  the share of dispatches that were kept
younger-old            10  aged 60–69, where the need serves people of 80 and more
====================  ===  ==================================================================================

Points within four of each other are equal; then a hash of need and volunteer decides, so that needs that are
decided at the same moment do not all reach for the same person.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, hypot, radians
from typing import Final, Literal, NamedTuple
from zlib import crc32

from services.volunteering.domain.availability import covers
from services.volunteering.domain.volunteers import ANY_TAG, MAX_BOOKINGS, Volunteer, is_free

Ring = Literal["community", "street", "district", "city"]
RINGS: Final[tuple[Ring, ...]] = ("community", "street", "district", "city")
_RING_DIGITS: Final = (12, 9, 6, 4)
_RINGS_FOR: Final = {12: range(4), 9: range(1, 4), 6: range(2, 4), 4: range(3, 4), 2: range(3, 4)}

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
FIT_POINTS: Final = 15
WINDOW_POINTS: Final = 10
ANY_TIME_POINTS: Final = 6
FAIRNESS_POINTS: Final = 15
RELIABILITY_POINTS: Final = 10
RELIABILITY_PRIOR: Final = 4
"""Kept dispatches that a newcomer is trusted with."""
MISSED_WEIGHT: Final = 3
PEER_POINTS: Final = 10
PEER_AGES: Final = range(60, 70)
OLDER_OLD_GROUPS: Final = frozenset({"elderly_80_plus", "elderly-80+", "older_old"})
"""Beneficiary groups of people of 80 and more, who the younger-old (60–69) serve first."""
SAME_POINTS: Final = 4

_BAND_ENDS: Final = tuple(end for end, _ in BANDS)
_NEAR_POINTS: Final = dict(BANDS)
METRES_A_DEGREE: Final = 111_195.0
"""Of latitude; within a city the flat approximation errs by less than a thousandth."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a need asks of a volunteer. `starts`, `ends` in seconds since 1970, `week` in minutes of the week."""

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


class Candidate(NamedTuple):
    """Someone who can; smaller sorts first."""

    ring: int
    behind: int
    spread: int
    volunteer_id: str
    within: int
    volunteer: Volunteer
    wish: Wish
    month: int

    @property
    def points(self) -> tuple[int, ...]:
        """Those of each part, in the order of the table above."""
        return _points(self.wish, self.volunteer, _NEAR_POINTS[self.within], self.month)

    @property
    def why(self) -> str:
        """The reason as it is kept with the dispatch."""
        points = self.points
        parts = ", ".join(f"{name} {n}" for name, n in zip(_PARTS, points, strict=True))
        far = f"{self.within} m" if self.within < 1000 else f"{self.within // 1000} km"
        return f"{RINGS[self.ring]} ring, within {far}; {sum(points)} points: {parts}"


_PARTS: Final = ("distance", "fit", "availability", "fairness", "reliability", "younger-old")

Rejected = dict[int, Counter[str]]
"""By ring: why the others there were not taken."""


@lru_cache(maxsize=1024)
def areas_around(need_area: str) -> tuple[tuple[int, str], ...]:
    """The index in RINGS and the area of each ring that a need there has, the smallest first."""
    return tuple((ring, need_area[:digits]) for ring, digits in enumerate(_RING_DIGITS) if len(need_area) >= digits)


def ring_of(volunteer_area: str, around: tuple[tuple[int, str], ...]) -> int | None:
    """The index in RINGS of the smallest area that holds both; None beyond the city."""
    for ring, area in around:
        if volunteer_area.startswith(area):
            return ring
    return None


def ring_area(need_area: str, ring: int) -> str:
    """The area that a ring of RINGS is, seen from the need."""
    return need_area[: _RING_DIGITS[ring]]


def rings_for(need_area: str) -> range:
    """The rings that an area of this level has: a street centre's needs have no community."""
    return _RINGS_FOR[len(need_area)]


def rank(
    wish: Wish, pool: Iterable[Volunteer], already: Collection[str], *, max_offers: int, month: int
) -> tuple[list[Candidate], Rejected]:
    """Who of the pool can serve, best first, and why the others cannot.

    `already` were asked before; `month` is the current one as Volunteer.month counts.
    """
    fitting: list[Candidate] = []
    rejected: Rejected = {}
    flatten, seed = cos(radians(wish.lat)), crc32(wish.need_id.encode())
    around = areas_around(wish.area)
    for volunteer in pool:
        ring = ring_of(volunteer.area, around)
        lon, lat = volunteer.home
        far = hypot((lon - wish.lon) * flatten, lat - wish.lat) * METRES_A_DEGREE
        if ring is None or far > MAX_METRES:
            continue
        if (reason := _unsuitable(wish, volunteer, already, max_offers)) is not None:
            rejected.setdefault(ring, Counter())[reason] += 1
            continue
        within, near = BANDS[bisect_left(_BAND_ENDS, far)]
        behind = -(sum(_points(wish, volunteer, near, month)) // SAME_POINTS)
        spread = crc32(volunteer.id.encode(), seed)
        fitting.append(Candidate(ring, behind, spread, volunteer.id, within, volunteer, wish, month))
    fitting.sort()
    return fitting, rejected


def _unsuitable(wish: Wish, volunteer: Volunteer, already: Collection[str], max_offers: int) -> str | None:
    if volunteer.id in already:
        return "asked before"
    bookings = volunteer.bookings
    if bookings and (len(bookings) >= MAX_BOOKINGS or not is_free(bookings, wish.starts, wish.ends)):
        return "booked then"
    if volunteer.windows and not covers(volunteer.windows, wish.week):
        return "not available then"
    if not volunteer.standing and len(volunteer.offers) >= max_offers:
        return "with too many open offers"
    return None


def _points(wish: Wish, volunteer: Volunteer, near: int, month: int) -> tuple[int, ...]:
    used = 1 if wish.tags[0] == ANY_TAG else 1 + len(wish.tags)
    load = volunteer.taken if volunteer.month == month else 0
    trusted = volunteer.kept + RELIABILITY_PRIOR
    born = volunteer.birth_year
    return (
        near,
        FIT_POINTS * used // len(volunteer.tags),
        WINDOW_POINTS if volunteer.windows else ANY_TIME_POINTS,
        FAIRNESS_POINTS // (1 + load),
        RELIABILITY_POINTS * trusted // (trusted + MISSED_WEIGHT * volunteer.missed),
        PEER_POINTS if wish.older_old and born is not None and wish.year - born in PEER_AGES else 0,
    )


def take_standing(fitting: Sequence[Candidate], people: int) -> list[Candidate]:
    """Those who are confirmed without being asked, near rings first."""
    return [c for c in fitting if c.volunteer.standing][:people]


def take_offers(fitting: Sequence[Candidate], offers: int) -> list[Candidate]:
    """Those who are asked in this wave, near rings first."""
    return [c for c in fitting if not c.volunteer.standing][:offers]
